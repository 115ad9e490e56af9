import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../cluster";

const ADMINISTRATOR = { namespace: "kube-system", serviceAccount: "deployer" };

const SCRIPT = `#!/bin/sh
echo "$1" >> "$CALLS"
printf '{ "apiVersion": "client.authentication.k8s.io/%s", "kind": "ExecCredential", "status": { "token": "%s" } }' \\
  "$1" "$(cat "$TOKEN_FILE")"
`;

/** A program that gives a credential for a cluster, as a cloud's own does: it prints a token. */
export class ExecPlugin {
  /** Its token is that of an administrator of the cluster, and ends within the hour. */
  public static async install(cluster: Cluster): Promise<ExecPlugin> {
    const { namespace, serviceAccount: name } = ADMINISTRATOR;
    await cluster.kubectl(`create serviceaccount ${name} -n ${namespace}`);
    const role = `--clusterrole=cluster-admin --serviceaccount=${namespace}:${name}`;
    await cluster.kubectl(`create clusterrolebinding ${name} ${role}`);
    const plugin = ExecPlugin.of(cluster);
    writeFileSync(plugin.tokenFile, await cluster.token(ADMINISTRATOR), { mode: 0o600 });
    writeFileSync(plugin.command, SCRIPT, { mode: 0o755 });
    return plugin;
  }

  /** As it was installed. */
  public static of({ directory }: Cluster): ExecPlugin {
    return new ExecPlugin(directory);
  }

  private constructor(private readonly directory: string) {}

  /** As mesh.yaml has it; it answers in `apiVersion`. */
  public exec(apiVersion: "v1" | "v1beta1") {
    return {
      command: this.command,
      args: [apiVersion],
      env: { TOKEN_FILE: this.tokenFile, CALLS: this.callsFile },
    };
  }

  /** What it was called with until now. */
  public calls(): readonly string[] {
    return existsSync(this.callsFile) ? readFileSync(this.callsFile, "utf8").trim().split("\n") : [];
  }

  private get command(): string {
    return join(this.directory, "get-token.sh");
  }

  private get tokenFile(): string {
    return join(this.directory, "deployer.token");
  }

  private get callsFile(): string {
    return join(this.directory, "get-token.calls");
  }
}
