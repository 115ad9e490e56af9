import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { DEFAULT_AGENT_IMAGE } from "../../../lib/private/upstream";
import type { Rig } from "../../rig";
import { waitFor } from "../../wait";
import { valuesRenewedEachMinute } from "../rotation/mesh";
import type { PlainCommands } from "./plain-commands";

const MANIFEST = join(__dirname, "istio-sa.yaml");
const NEW_KEY = ["-newkey", "rsa:4096", "-noenc", "-sha256"];
const USAGE = "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,keyCertSign";
const FILES = ["ca-key.pem", "ca-cert.pem", "root-cert.pem", "cert-chain.pem"];

/**
 * What the article's reader types, in its order. Other than there: charts are Istio's own, of the
 * version under test and from a directory, the injector is told of the CA of this run's Vault and of its agent, and
 * proxies renew each minute.
 */
export class ByHand {
  constructor(
    private readonly rig: Rig,
    private readonly commands: PlainCommands,
  ) {}

  public async setUp(clusters: readonly string[]): Promise<void> {
    for (const cluster of clusters) {
      await this.rig.cluster(cluster).kubectl("create ns istio-system");
      await this.rig.cluster(cluster).kubectl(["apply", "-f", MANIFEST]);
      await this.authMount(cluster);
    }
    await this.root();
    for (const cluster of clusters) {
      await this.intermediate(cluster);
      await this.secretPolicyAndRole(cluster);
      await this.releases(cluster);
    }
  }

  /** Path of the root's certificate. */
  public get rootCertificate(): string {
    return this.commands.path("root-cert.pem");
  }

  private async authMount(cluster: string): Promise<void> {
    const { commands } = this;
    const decoded = async (args: readonly string[]) =>
      Buffer.from(await this.rig.cluster(cluster).kubectl(args), "base64").toString();
    // Kubernetes takes a moment to fill the Secret in.
    const token = await waitFor("istiod's long-lived token", 30, async () => {
      const secret = ["get", "secret", "-n", "istio-system", "istiod"];
      const text = await decoded([...secret, "-o", 'go-template={{ or .data.token "" }}']);
      return text !== "" && text;
    });
    const authority = await decoded([
      ...["config", "view", "--raw", "--minify", "--flatten"],
      ...["-o", "jsonpath={.clusters[].cluster.certificate-authority-data}"],
    ]);
    await commands.vault(["auth", "enable", `--path=kubernetes-${cluster}`, "kubernetes"]);
    await commands.vault([
      ...["write", `auth/kubernetes-${cluster}/config`],
      `kubernetes_host=${this.rig.cluster(cluster).address}`,
      `kubernetes_ca_cert=@${commands.file(`k8sapi-${cluster}.pem`, authority)}`,
      `token_reviewer_jwt=@${commands.file(`${cluster}.jwt`, token)}`,
      "disable_local_ca_jwt=true",
    ]);
  }

  /** As Istio's makefile makes it: no bound on the path length. */
  private async root(): Promise<void> {
    await this.commands.openssl([
      ...["req", "-x509", ...NEW_KEY, "-days", "3650", "-subj", "/O=Istio/CN=Root CA"],
      ...["-addext", "basicConstraints=critical,CA:true", "-addext", USAGE],
      ...["-keyout", "root-key.pem", "-out", "root-cert.pem"],
    ]);
  }

  private async intermediate(cluster: string): Promise<void> {
    const { commands } = this;
    const own = (file: string) => `${cluster}-${file}`;
    await commands.openssl([
      ...["req", "-x509", "-CA", "root-cert.pem", "-CAkey", "root-key.pem", ...NEW_KEY, "-days", "730"],
      ...["-subj", `/O=Istio/CN=Intermediate CA/L=istiod-${cluster}`],
      ...["-addext", "basicConstraints=critical,CA:true,pathlen:0", "-addext", USAGE],
      ...["-addext", "subjectAltName=DNS:istiod.istio-system.svc"],
      ...["-keyout", own("ca-key.pem"), "-out", own("ca-cert.pem")],
    ]);
    copyFileSync(this.rootCertificate, commands.path(own("root-cert.pem")));
    const [certificate, root] = ["ca-cert.pem", "root-cert.pem"].map((file) =>
      readFileSync(commands.path(own(file)), "utf8"),
    );
    commands.file(own("cert-chain.pem"), certificate! + root!);
  }

  private async secretPolicyAndRole(cluster: string): Promise<void> {
    const { commands } = this;
    const secret = `kubernetes-${cluster}-secrets/istiod-service/certs`;
    await commands.vault(["secrets", "enable", `-path=kubernetes-${cluster}-secrets`, "kv"]);
    const values = FILES.map((file) => `${keyOf(file)}=@${commands.path(`${cluster}-${file}`)}`);
    await commands.vault(["kv", "put", secret, ...values]);
    const policy = `path "${secret}" {\n  capabilities = ["read"]\n}`;
    await commands.vault(["policy", "write", `istiod-certs-${cluster}`, "-"], policy);
    await commands.vault([
      ...["write", `auth/kubernetes-${cluster}/role/istiod`],
      ...["bound_service_account_names=istiod", "bound_service_account_namespaces=istio-system"],
      ...[`policies=istiod-certs-${cluster}`, "ttl=24h"],
    ]);
  }

  private async releases(cluster: string): Promise<void> {
    const { commands } = this;
    const { address, caFile } = this.rig.vault;
    const { programs, istio } = this.rig;
    await this.rig.cluster(cluster).kubectl("create ns vault");
    await commands.helm(cluster, [
      ...["install", "-n", "vault", "vault-inject", join(programs.chartsDirectory, "vault")],
      ...["--set", `injector.externalVaultAddr=${address}`],
      ...["--set-file", `injector.extraEnvironmentVars.AGENT_INJECT_VAULT_CACERT_BYTES=${caFile}`],
      ...["--set", `injector.agentImage.tag=${DEFAULT_AGENT_IMAGE.split(":")[1]}`],
      // The webhook has no certificate until its pod runs; the article's reader looks at the pods by then.
      "--wait",
    ]);
    await commands.helm(cluster, ["install", "-n", "istio-system", "istio-base", join(istio.charts, "base")]);
    await this.istiod("install", cluster, (file) => [
      `kubernetes-${cluster}-secrets/istiod-service/certs`,
      `.Data.${keyOf(file)}`,
    ]);
  }

  /** How an istiod installed by hand is made to read what was taken over. */
  public async readVersion2(cluster: string): Promise<void> {
    await this.istiod("upgrade", cluster, (file) => [
      `kubernetes-${cluster}-secrets/data/istiod-service/${file === "root-cert.pem" ? "trust-bundle" : "certs"}`,
      `.Data.data.${keyOf(file)}`,
    ]);
  }

  private async istiod(verb: "install" | "upgrade", cluster: string, source: Source): Promise<void> {
    const { commands, rig } = this;
    const values = commands.file(`${cluster}-values.yaml`, stringify(istiodValues(rig, cluster, source)));
    const chart = join(rig.istio.charts, "istiod");
    await commands.helm(cluster, [
      ...[verb, "-n", "istio-system", "istio-istiod", chart, `--values=${values}`],
    ]);
  }
}

/** Where a file's text is: the secret's path, and the expression within. */
type Source = (file: string) => [path: string, expression: string];

function istiodValues(rig: Rig, cluster: string, source: Source): object {
  const files = FILES.flatMap((file) => {
    const [path, expression] = source(file);
    const template = `{{- with secret "${path}" -}}\n{{ ${expression} }}\n{{ end -}}\n`;
    return [
      [`agent-inject-secret-${file}`, path],
      [`agent-inject-template-${file}`, template],
    ];
  });
  const annotations = [
    ["agent-inject", "true"],
    ["agent-init-first", "true"],
    ...files,
    ["role", "istiod"],
    ["auth-path", `auth/kubernetes-${cluster}`],
  ];
  const values = valuesRenewedEachMinute(rig);
  const { global } = values;
  return {
    ...values,
    global: { ...global, hub: "docker.io/istio", tag: rig.istio.version },
    pilot: {
      env: { ...values.env, ROOT_CA_DIR: "/vault/secrets" },
      podAnnotations: Object.fromEntries(
        annotations.map(([name, value]) => [`vault.hashicorp.com/${name}`, value]),
      ),
    },
  };
}

/** `ca_key` of `ca-key.pem`. */
function keyOf(file: string): string {
  return file.replace(".pem", "").replace("-", "_");
}
