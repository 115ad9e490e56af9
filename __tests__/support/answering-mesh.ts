import type { ClusterApi } from "../../cli/kubernetes/cluster-api";
import { FakeIstiod } from "./fake-istiod";
import { FakeVault } from "./fake-vault";
import { inDays, TestCa } from "./test-ca";

/**
 * A Vault that knows the token `vault-token`, and an API server with an istiod, which sign with and trust root a alone. Of what
 * that root signed, Vault remembers an intermediate `0a1b` alone.
 */
export class AnsweringMesh {
  public static async start(): Promise<AnsweringMesh> {
    const root = await TestCa.issue({ name: "Root A" });
    const intermediate = await TestCa.issue({ name: "Intermediate CA", issuer: root, pathLength: 0 });
    const [chain, bundle] = [intermediate.pem, root.pem];
    const istiod = await FakeIstiod.start({ intermediate, chain, bundle, token: "t" });
    const vault = await FakeVault.start(({ path, token }) => {
      if (path === "istio-root-a/issuer/a/json") return { data: { certificate: bundle } };
      if (path === "istio-root-a/cert/0a-1b") return { data: { certificate: bundle } };
      if (token !== "vault-token") return { status: 403, body: { errors: ["permission denied"] } };
      const written = (days: number) => ({ created_time: inDays(days).toISOString() });
      if (path.includes("/metadata/")) {
        return { data: { current_version: 1, versions: { 1: written(-3) }, custom_metadata: null } };
      }
      return { data: { data: { root_cert: bundle }, metadata: { version: 1, ...written(-2) } } };
    });
    return new AnsweringMesh(istiod, vault, root);
  }

  /** The revocation lists that istiod publishes, PEM. */
  public lists = "";
  /** The ServiceAccounts that a token was asked for. */
  public readonly asked: string[] = [];
  public readonly api: ClusterApi;

  private constructor(
    private readonly istiod: FakeIstiod,
    public readonly vault: FakeVault,
    public readonly root: TestCa,
  ) {
    const bundle = root.pem;
    this.api = {
      configMap: async () => ({
        values: { "root-cert.pem": bundle, "ca-crl.pem": this.lists },
        writtenAt: inDays(-2),
      }),
      hasSecret: async () => false,
      proxies: async () => [],
      pods: async () => [{ name: "istiod-1", labels: {}, ready: true, startedAt: inDays(-2) }],
      token: async ({ namespace, name }) => (this.asked.push(`${namespace}/${name}`), "t"),
      forward: async (_namespace, _pod, port) => ({
        address: this.istiod.at(port),
        trouble: () => undefined,
        close: () => {},
      }),
    };
  }

  public stop(): void {
    this.istiod.stop();
    this.vault.stop();
  }
}
