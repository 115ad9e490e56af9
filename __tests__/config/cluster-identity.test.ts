import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MeshData, problemsOf } from "../support/mesh-file";

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
const pem = (key = newKey()) => key.export({ type: "spki", format: "pem" }).toString();

const jwt = (issuer: string, publicKeysFile?: string) => ({ method: "jwt", issuer, publicKeysFile });
const KUBEADM = "https://kubernetes.default.svc.cluster.local";

const API_SERVER =
  "clusters[1].kubernetesHost: the API server of cluster2 is that of cluster1 too: Vault would accept the token of one istiod for both clusters, and give it the CA keys of both; write the URL of cluster2's own (IV0124)";
const ISSUER =
  'clusters[1].vaultAuth.issuer: the issuer of cluster2 is that of cluster1 too, and no key tells their tokens apart: Vault would accept the token of one istiod for both clusters, and give it the CA keys of both; write each cluster\'s own "issuer", or where they share one, a "publicKeysFile" for each with only its own keys (IV0125)';
const KUBECONFIG =
  "clusters[1].kubeconfig: the kubeconfig of cluster2 reaches the same cluster as that of cluster1: both stacks would be deployed there, one over the other; name cluster2's own context or host (IV0126)";

const KEYS =
  "clusters[1].vaultAuth.publicKeysFile: a public key of cluster2 is one of cluster1 too: whoever has the private one signs tokens of both clusters, and reads the CA keys of both; give each API server its own key, and each cluster a file of its own keys (IV0133)";
const CREDENTIAL =
  "clusters[1].kubeconfig.exec.args: the arguments are those of cluster1, and name a cluster: the credential would be that of cluster1, and the API server of cluster2 would reject it; name cluster2 in its own (IV0132)";

describe("an API server", () => {
  test.each([
    "https://k8s-1.example.com:6443",
    "https://K8S-1.example.com:6443/",
    "https://k8s-1.example.com.:6443",
  ])("of another cluster is refused, by whichever login: %s", (kubernetesHost) => {
    const same = (mesh: MeshData) => (mesh.clusters[1].kubernetesHost = kubernetesHost);
    expect(problemsOf(same)).toEqual([API_SERVER]);
    // A ServiceAccount may ask for a token of any audience.
    for (const index of [0, 1]) {
      const withJwt = (mesh: MeshData) => {
        same(mesh);
        mesh.clusters[index].vaultAuth = jwt("https://oidc.example.com");
      };
      expect(problemsOf(withJwt)).toEqual([API_SERVER]);
    }
  });

  test("is not another's with another port or path, nor where Vault asks none", () => {
    for (const [first, second] of [
      ["https://k8s.example.com", "https://k8s.example.com:6443"],
      ["https://rancher.example.com/k8s/clusters/c-1", "https://rancher.example.com/k8s/clusters/c-2"],
    ]) {
      const change = (mesh: MeshData) => {
        mesh.clusters[0].kubernetesHost = first;
        mesh.clusters[1].kubernetesHost = second;
      };
      expect(problemsOf(change)).toEqual([]);
    }
    const unasked = (mesh: MeshData) => {
      mesh.clusters[1].kubernetesHost = mesh.clusters[0].kubernetesHost;
      mesh.clusters[0].vaultAuth = jwt("https://oidc.example.com/1");
      mesh.clusters[1].vaultAuth = jwt("https://oidc.example.com/2");
    };
    expect(problemsOf(unasked)).toEqual([]);
  });

  test.each([
    ["https://k8s.example.com:443", "https://k8s.example.com"],
    ["https://[2001:DB8::1]", "https://[2001:db8:0:0:0:0:0:1]:443"],
    ["https://10.0.0.1:6443", "https://[::ffff:10.0.0.1]:6443"],
  ])("is the same as %s and as %s", (first, second) => {
    const change = (mesh: MeshData) => {
      mesh.clusters[0].kubernetesHost = first;
      mesh.clusters[1].kubernetesHost = second;
    };
    expect(problemsOf(change)).toEqual([API_SERVER]);
  });
});

describe("an issuer", () => {
  const withLogins = (first: object, second: object, files: Readonly<Record<string, string>> = {}) =>
    problemsOf((mesh, directory) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
      mesh.clusters[0].vaultAuth = first;
      mesh.clusters[1].vaultAuth = second;
    });

  test("of two clusters is refused where Vault asks it for the keys", () => {
    expect(withLogins(jwt("https://oidc.example.com/1"), jwt("https://oidc.example.com/1/"))).toEqual([
      ISSUER,
    ]);
    const keys = { "1.pem": pem() };
    expect(withLogins(jwt(KUBEADM, "1.pem"), jwt(KUBEADM), keys)).toEqual([ISSUER]);
    expect(withLogins(jwt(KUBEADM), jwt(KUBEADM, "1.pem"), keys)).toEqual([ISSUER]);
  });

  test("may be the same where each cluster has only keys of its own, as kubeadm's is", () => {
    const keys = { "1.pem": pem(), "2.pem": pem() };
    expect(withLogins(jwt(KUBEADM, "1.pem"), jwt(KUBEADM, "2.pem"), keys)).toEqual([]);
  });

  test("is refused with a key in common, whatever the file and its form", () => {
    const shared = newKey();
    const jwks = JSON.stringify({ keys: [newKey(), shared].map((key) => key.export({ format: "jwk" })) });
    const keys = { "1.pem": pem() + pem(shared), "2.json": jwks };
    expect(withLogins(jwt(KUBEADM, "1.pem"), jwt(KUBEADM, "2.json"), keys)).toEqual([ISSUER]);
  });

  test("of its own does not tell clusters apart that have a key in common", () => {
    const keys = { "1.pem": pem() };
    const own = jwt("https://oidc.example.com/1", "1.pem");
    expect(withLogins(own, jwt(KUBEADM, "1.pem"), keys)).toEqual([KEYS]);
    expect(withLogins(own, jwt(KUBEADM, "2.pem"), { ...keys, "2.pem": pem() })).toEqual([]);
  });
});

describe("a kubeconfig", () => {
  const reachedBy = (first: object, second: object) =>
    problemsOf((mesh) => {
      mesh.clusters[0].kubeconfig = first;
      mesh.clusters[1].kubeconfig = second;
    });

  test("that reaches the cluster of another is refused", () => {
    expect(reachedBy({ context: "one" }, { context: "one" })).toEqual([KUBECONFIG]);
    expect(reachedBy({ file: "one" }, { file: "./one" })).toEqual([KUBECONFIG]);
    const host = "https://k8s.example.com";
    expect(
      reachedBy({ exec: { command: "aws", host } }, { exec: { command: "gcloud", host: `${host}:443` } }),
    ).toEqual([KUBECONFIG]);
  });

  test("may name the same context of another file, or the same program for another host", () => {
    expect(reachedBy({ file: "one", context: "x" }, { file: "two", context: "x" })).toEqual([]);
    const exec = { command: "gke-gcloud-auth-plugin" };
    expect(reachedBy({ exec }, { exec })).toEqual([]);
  });

  test.each([["--cluster-name", "prod"], ["--cluster-id=prod"], ["-kube-cluster", "prod"]])(
    "may not get a credential by arguments that name another's cluster: %s",
    (...args) => {
      const exec = { command: "login", args, env: { PROFILE: "one" } };
      expect(reachedBy({ exec }, { exec })).toEqual([CREDENTIAL]);
      const other = { ...exec, env: { PROFILE: "two" } };
      expect(reachedBy({ exec }, { exec: other })).toEqual([]);
    },
  );

  test("that is wrong by its API server alone is said once", () => {
    const change = (mesh: MeshData) => {
      const exec = { command: "aws", args: ["eks", "get-token"] };
      for (const cluster of mesh.clusters) cluster.kubeconfig = { exec };
      mesh.clusters[1].kubernetesHost = mesh.clusters[0].kubernetesHost;
    };
    expect(problemsOf(change)).toEqual([API_SERVER]);
  });
});
