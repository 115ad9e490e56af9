import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { Daemon } from "../../processes";
import { check, part } from "../../scenario";
import { VaultClient } from "../../vault-client";
import { waitFor } from "../../wait";
import { certificates } from "../../x509";

const COMPOSE_FILE = resolve(__dirname, "..", "..", "..", "examples", "local", "compose.yaml");
const LISTEN = "127.0.0.1:18200";

/** What of examples/local can be run without a container engine. */
export function localVault(): void {
  part("examples/local's Vault, without its container", () => {
    check(
      "starts by the command of compose.yaml, and its certificate holds the names pods come by",
      async ({ rig }) => {
        const directory = join(rig.directory, "local-vault");
        mkdirSync(directory);
        const token = randomBytes(16).toString("hex");
        const vault = new Daemon({
          program: rig.programs.path("vault"),
          // The image's entry point adds these two.
          args: [
            ...composedCommand(directory),
            `-dev-root-token-id=${token}`,
            `-dev-listen-address=${LISTEN}`,
          ],
          logFile: join(directory, "vault.log"),
          env: { HOME: directory },
        });
        const client = await waitFor("Vault in dev mode", 30, async () => {
          vault.requireRunning();
          const candidate = new VaultClient(`https://${LISTEN}`, pem(directory, "vault-ca.pem"));
          return (await candidate.send("GET", "sys/health")).status === 200 && candidate;
        });
        await client.require("GET", "auth/token/lookup-self", { token });
        const [server] = certificates(pem(directory, "vault-cert.pem"));
        assert.ok(server!.checkIP("172.30.8.10"), server!.subjectAltName);
        assert.ok(server!.checkHost("vault"), server!.subjectAltName);
        await vault.stop();
      },
    );
  });
}

/** The arguments in compose.yaml, with a directory of this machine for the certificates. */
function composedCommand(directory: string): string[] {
  const { services } = parse(readFileSync(COMPOSE_FILE, "utf8")) as {
    services: { vault: { command: string } };
  };
  return services.vault.command.replace("=/vault/file ", `=${directory} `).split(" ");
}

function pem(directory: string, file: string): string {
  return readFileSync(join(directory, file), "utf8");
}
