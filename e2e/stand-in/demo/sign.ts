import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "yaml";
import { KubeClient } from "../kube-client";
import { signWorkload } from "../workload-certificate";

/**
 * Prints the certificate chain that a cluster's istiod signs for the ServiceAccount default/default:
 * `sign.ts CONTEXT`, with the demo's KUBECONFIG in the environment.
 */
const [context] = process.argv.slice(2);
const { KUBECONFIG: file } = process.env;
if (!context || !file) {
  console.error("usage: . .../env.sh; npx tsx e2e/demo/sign.ts cluster1");
  process.exit(64);
}

interface Named {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters: readonly (Named & {
    cluster: { server: string; "certificate-authority-data": string };
  })[];
  readonly users: readonly (Named & {
    user: { "client-certificate-data": string; "client-key-data": string };
  })[];
}

// The demo names a context's cluster and user after the context.
const { clusters, users } = parse(readFileSync(file, "utf8")) as Kubeconfig;
const cluster = clusters.find(({ name }) => name === context)?.cluster;
const user = users.find(({ name }) => name === context)?.user;
if (!cluster || !user) {
  console.error(`no context ${context}; known: ${clusters.map(({ name }) => name).join(", ")}`);
  process.exit(64);
}
const pem = (base64: string) => Buffer.from(base64, "base64").toString();
const api = new KubeClient(cluster.server, {
  ca: pem(cluster["certificate-authority-data"]),
  cert: pem(user["client-certificate-data"]),
  key: pem(user["client-key-data"]),
});
signWorkload({ name: context, directory: dirname(file), api }, "default", "default").then(
  ({ chain }) => process.stdout.write(chain),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
