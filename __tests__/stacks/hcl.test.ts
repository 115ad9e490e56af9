import { Testing, type TerraformStack } from "cdktf";
import { composeMesh } from "../../stacks/compose-mesh";
import { type MeshChange, type MeshData, meshWith } from "../support/mesh-file";

/** By its name alone: its types bring a browser's into the whole project. */
const { parse } = jest.requireActual<{ parse(file: string, hcl: string): Promise<unknown> }>(
  "@cdktf/hcl2json",
);

/** What `cdktf synth --hcl` writes, held against the JSON that everything else here is tested on. */

const stacksOf = (change: MeshChange): TerraformStack[] => {
  const { vault, clusters } = composeMesh(Testing.app(), meshWith(change));
  return [...vault, ...clusters];
};
const clusterHcl = (change: MeshChange = () => {}) => Testing.synthHcl(stacksOf(change).at(-2)!);

/**
 * Either form as plain data: one block is a list in HCL's and an object in JSON's, a reference stands bare
 * in the one and as text in the other, and cdktf ends a text of several lines with a newline more in HCL.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? plain(value[0]) : value.map(plain);
  if (typeof value === "string") {
    const text = value.replace(/^\$\{([\w.-]+)\}$/, "$1");
    return text.includes("\n") ? text.trimEnd() : withoutSpaces(text);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "//")
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

/** An expression is formatted anew by the parser. */
function withoutSpaces(text: string): string {
  return text.startsWith("${") ? text.replaceAll(" ", "") : text;
}

const exec = { command: "aws", args: ["eks", "get-token"], env: { AWS_PROFILE: "prod", camelCase: "x" } };

const meshes: Record<string, MeshChange> = {
  "the article's": () => {},
  "two roots and an offline one": (mesh) => {
    mesh.roots.push({ name: "b", source: "tls-provider", acceptKeysInState: true });
    mesh.roots.push({ name: "c", source: "offline", certificateFile: "clusters/cluster1-ca.pem" });
    mesh.trust.bundle = ["a", "b", "c"];
  },
  "clusters by other logins": (mesh) => {
    mesh.clusters[0].kubeconfig = { exec };
    mesh.clusters[0].vaultAuth = { method: "kubernetes", reviewer: "variable", audience: "vault" };
    mesh.clusters[1].vaultAuth = { method: "jwt", issuer: "https://oidc.example.com/cluster2" };
  },
  "a private Vault": (mesh) => {
    Object.assign(mesh.vault, { namespace: "mesh", caCertificateFile: "clusters/cluster1-ca.pem" });
    mesh.backend = { type: "s3", bucket: "states", region: "eu-central-1", keyPrefix: "mesh/" };
  },
  "gateways and revisions": (mesh) => {
    mesh.istio.revisions = { default: {}, "1-30-0": { version: "1.30.0" } };
    mesh.gateways = {
      "istio-ingress": { certificate: { source: "vault-pki", domains: ["shop.example.com"] } },
      "istio-egress": { certificate: { source: "vault-kv" } },
    };
  },
  "values with every kind of quote": (mesh) => {
    mesh.istio.values = { text: 'a "b" \\ c\n${d} %{ if e }\t$${f}', "k.e/y": ["\\\\", '"'] };
  },
  "one taken over": (mesh) => {
    mesh.clusters[0].adopt = true;
  },
};

test.each(Object.entries(meshes))("%s is the same in HCL as in JSON", async (_, change) => {
  for (const stack of stacksOf(change)) {
    const hcl = await parse("cdk.tf", Testing.synthHcl(stack));
    expect(plain(hcl)).toEqual(plain(JSON.parse(Testing.synth(stack))));
  }
});

test("helm's provider reaches the cluster by an attribute", () => {
  expect(clusterHcl()).toContain('provider "helm" {\nkubernetes = {\nconfig_context = "cluster1"\n}\n}');
});

test("the kubernetes provider's program is a block", () => {
  const hcl = clusterHcl((mesh: MeshData) => (mesh.clusters[0].kubeconfig = { exec }));
  expect(hcl).toContain(
    'exec {\napi_version = "client.authentication.k8s.io/v1"\nargs = [\n"eks",\n"get-token"\n]\ncommand = "aws"\nenv = {\nAWS_PROFILE = "prod"\ncamelCase = "x"\n}\n}',
  );
});

test("a key's replacement is triggered by a bare reference", () => {
  expect(Testing.synthHcl(stacksOf(() => {})[1]!)).toMatch(
    /replace_triggered_by = \[terraform_data\.cluster1_Trust_Intermediate_Issue_\w+\]/,
  );
});
