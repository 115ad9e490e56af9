import { makeKeyAndRequest } from "../../../cli/issue/key-and-request";
import { Duration, KeyAlgorithm } from "../../../lib";
import { ISTIO_NAMESPACE, rootMount } from "../../../lib/names";
import { intermediateIdentity, signParameters } from "../../../lib/private/intermediate";
import type { Cluster } from "../../cluster";
import { IntermediateSecret } from "../../intermediate-secret";
import { agentFile, istiodPods } from "../../istiod";
import type { Rig } from "../../rig";
import type { RootNames } from "../../root-names";
import { waitFor } from "../../wait";

/** An agent whose login was revoked tries again, ever more seldom. */
export const AGENT_SECONDS = 300;

/** Trust written to Vault past every check, as only an administrator can. */
export class ForcedTrust {
  constructor(
    private readonly rig: Rig,
    private readonly names: RootNames,
  ) {}

  /**
   * Waits until each istiod has it beside it, taken or not: a signer that overtook it would be loaded with the bundle
   * before.
   */
  public async bundle(cluster: string, roots: readonly string[]): Promise<void> {
    await this.writeBundle(cluster, this.names.pem(...roots));
    await waitFor(`agents of ${cluster} render ${roots.join("+")}`, AGENT_SECONDS, () =>
      this.isRendered(this.rig.cluster(cluster), roots.join("+")),
    );
  }

  /** Has every proxy of a cluster ask for a new certificate, as they do when a bundle changes, if only by empty lines. */
  public async renewLeaves(cluster: string): Promise<void> {
    const { root_cert } = await new IntermediateSecret(this.rig, cluster).files();
    await this.writeBundle(cluster, `${root_cert}\n`);
  }

  /** A new intermediate under any root that is in Vault. */
  public async signer(cluster: string, root: string, validFor = Duration.days(1)): Promise<void> {
    const identity = intermediateIdentity(cluster, ISTIO_NAMESPACE);
    const { keyPem, requestPem } = await makeKeyAndRequest(KeyAlgorithm.ecdsa(256), identity);
    const { data } = await this.send(`${rootMount(root)}/root/sign-intermediate`, {
      csr: requestPem,
      ...signParameters(identity, validFor),
    });
    await new IntermediateSecret(this.rig, cluster).overwrite({
      ca_key: keyPem,
      ca_cert: data.certificate,
      cert_chain: data.ca_chain.join("\n"),
    });
  }

  /** A root that no mesh.yaml names. */
  public async root(name: string): Promise<void> {
    await this.send(`sys/mounts/${rootMount(name)}`, { type: "pki", config: { max_lease_ttl: "87600h" } });
    await this.send(`${rootMount(name)}/root/generate/internal`, {
      common_name: "Root CA",
      organization: "Istio",
      key_type: "ec",
      key_bits: 256,
      max_path_length: 1,
      ttl: "87600h",
    });
    await this.names.learn(this.rig);
  }

  private async isRendered(cluster: Cluster, bundle: string): Promise<boolean> {
    const files = (await istiodPods(cluster)).map((pod) => agentFile(cluster, pod, "root-cert.pem"));
    return (await Promise.all(files)).every((file) => this.names.bundle(file) === bundle);
  }

  private async writeBundle(cluster: string, root_cert: string): Promise<void> {
    await this.send(new IntermediateSecret(this.rig, cluster).bundlePath, { data: { root_cert } });
  }

  private send(path: string, content: object) {
    const { client, rootToken: token } = this.rig.vault;
    return client.require("POST", path, { token, content });
  }
}
