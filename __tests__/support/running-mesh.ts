import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { recordOf } from "../../cli/vault/intermediate-record";
import { ClusterState } from "../../cli/status/cluster-state";
import type { ProxyPod } from "../../cli/kubernetes/cluster-api";
import {
  type ClusterFacts,
  type ConnectedProxy,
  type IstiodFacts,
  type KubernetesFacts,
  known,
  type VaultFacts,
} from "../../cli/status/facts";
import { RootCertificates } from "../../cli/status/root-certificates";
import type { Mesh } from "../../config/mesh";
import { meshWith } from "./mesh-file";
import { inDays, NOW, TestCa } from "./test-ca";

export const HOUR = 3_600_000;

export function ago(milliseconds: number): Date {
  return new Date(NOW.getTime() - milliseconds);
}

export function certificateOf(ca: TestCa): X509Certificate {
  return new X509Certificate(ca.pem);
}

/** Keys and certificates of a mesh with roots a and b, of which any may sign. */
export class RunningMesh {
  public static async create(): Promise<RunningMesh> {
    const [a, b, stranger] = await Promise.all(
      ["Root A", "Root B", "Root C"].map((name) => TestCa.issue({ name })),
    );
    const under = async (root: TestCa) => {
      const intermediate = await TestCa.issue({ name: "Intermediate CA", issuer: root, pathLength: 0 });
      return { intermediate, leaf: await leafOf(intermediate) };
    };
    return new RunningMesh(
      { a, b, stranger },
      { a: await under(a), b: await under(b), stranger: await under(stranger) },
    );
  }

  private constructor(
    public readonly roots: Readonly<Record<RootKey, TestCa>>,
    public readonly signers: Readonly<Record<RootKey, { intermediate: TestCa; leaf: TestCa }>>,
  ) {}

  public certificates(...names: RootKey[]): X509Certificate[] {
    return names.map((name) => certificateOf(this.roots[name]));
  }

  /** What is known of the declared roots a and b. */
  public rootCertificates(): RootCertificates {
    return new RootCertificates(
      new Map((["a", "b"] as const).map((name) => [name, known(certificateOf(this.roots[name]))])),
    );
  }

  /** An istiod that signs with a root's intermediate, and answers with a bundle. */
  public istiod(root: RootKey, bundle: readonly RootKey[], change: Partial<IstiodFacts> = {}): IstiodFacts {
    const { leaf, intermediate } = this.signers[root];
    return {
      pod: "istiod-1",
      startedAt: ago(100 * HOUR),
      reached: known({ ownCertificateFrom: ago(100 * HOUR), refused: undefined }),
      signed: known({
        chain: [certificateOf(leaf), certificateOf(intermediate)],
        bundle: this.certificates(...bundle),
      }),
      connected: known([proxyOf("app", ago(99 * HOUR))]),
      ...change,
    };
  }

  /** Facts of a cluster that is well, for these roots. */
  public facts(mesh: Mesh, index: number, live: Live, change: Partial<ClusterFacts> = {}): ClusterFacts {
    return {
      cluster: mesh.clusters[index],
      vault: known(this.vaultFacts(live)),
      kubernetes: known(this.kubernetesFacts(live)),
      istiods: [this.istiod(live.signing, live.bundle)],
      ...change,
    };
  }

  public kubernetesFacts({ bundle }: Live, change: Partial<KubernetesFacts> = {}): KubernetesFacts {
    return {
      published: this.certificates(...bundle),
      publishedAt: ago(98 * HOUR),
      proxies: known([podOf("app")]),
      selfSignedCaKey: known(false),
      istiods: { ready: 1, total: 1 },
      revisions: new Map([["default", { ready: 1, total: 1 }]]),
      ...change,
    };
  }

  public vaultFacts({ signing, bundle }: Live, change: Partial<VaultFacts> = {}): VaultFacts {
    return {
      currentVersion: 5,
      writtenAt: ago(99 * HOUR),
      record: recordOf(this.signers[signing].intermediate.pem, signing, 5),
      bundle: this.certificates(...bundle),
      ...change,
    };
  }

  public states(facts: readonly ClusterFacts[], roots = this.rootCertificates()): ClusterState[] {
    return facts.map((fact) => new ClusterState(fact, roots));
  }
}

/** A pod with a proxy, in the namespace default. */
export function podOf(name: string, change: Partial<ProxyPod> = {}): ProxyPod {
  const variables = { PROXY_CONFIG_XDS_AGENT: "true", SECRET_TTL: "24h" };
  return {
    ...{
      namespace: "default",
      name,
      runs: true,
      startedAt: ago(200 * HOUR),
      variables,
      ownConfig: undefined,
      looksAtLists: true,
    },
    ...change,
  };
}

/** The proxy of such a pod, as its istiod sees it. */
export function proxyOf(name: string, sentAt: Date | undefined, acknowledged = true): ConnectedProxy {
  return { name: `default/${name}`, sentAt, acknowledged: acknowledged && sentAt !== undefined };
}

export type RootKey = "a" | "b" | "stranger";

export interface Live {
  readonly signing: RootKey;
  readonly bundle: readonly RootKey[];
}

/** Of no support, so that what is found by today's clock does not change from one day to the next. */
export const UNKNOWN_VERSION = "99.0.0";

/** The declaration of two clusters with roots a and b, issued externally. */
export function declaredMesh(
  trust: { signing: string; bundle: readonly string[] },
  { emergency, version = UNKNOWN_VERSION }: { emergency?: string; version?: string } = {},
): Mesh {
  return meshWith((mesh) => {
    mesh.istio.version = version;
    mesh.agent = { image: `hashicorp/vault:${UNKNOWN_VERSION}` };
    mesh.roots = ["a", "b"].map((name) => ({
      name,
      source: "vault-pki",
      keyAlgorithm: "ecdsa-p256",
      validFor: "10y",
    }));
    mesh.trust = { ...trust, ...(emergency !== undefined && { emergency }) };
    mesh.intermediates = { issuance: "external" };
    delete mesh.issuer;
  });
}

function leafOf(issuer: TestCa): Promise<TestCa> {
  return TestCa.issue({
    ...{ name: "workload", issuer, ca: false, keyUsage: x509.KeyUsageFlags.digitalSignature },
    notAfter: inDays(1),
  });
}
