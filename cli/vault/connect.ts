import { readdirSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { EnvHttpProxyAgent } from "undici";
import type { VaultAddress } from "../../config/mesh";
import { readTextFile } from "../../config/text-file";
import { reason } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { type Environment, set } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import { VaultClient } from "./vault-client";

/** Where Vault is, as mesh.yaml says it. */
type Declared = Pick<VaultAddress, "address" | "namespace" | "caCertificate">;

/**
 * A client of the mesh's Vault, not logged in. The variables Vault's own tools read come before
 * mesh.yaml.
 *
 * @throws CommandError if a file that a variable names cannot be read, or a variable of a proxy
 */
export function connect(vault: Declared, env: Environment): VaultClient {
  const connect = tlsOptions(vault, env);
  return new VaultClient({
    address: (set(env.VAULT_ADDR) ?? vault.address).replace(/\/+$/, ""),
    namespace: set(env.VAULT_NAMESPACE) ?? vault.namespace,
    timeoutSeconds: 30,
    dispatcher: new EnvHttpProxyAgent({
      connect,
      requestTls: connect,
      httpProxy: proxyOf(env, "http_proxy"),
      httpsProxy: proxyOf(env, "https_proxy"),
      noProxy: bracketed(set(env.no_proxy) ?? set(env.NO_PROXY)),
    }),
  });
}

/** A proxy's URL; curl and Terraform take one without a scheme for http. */
function proxyOf(env: Environment, lower: string): string | undefined {
  const upper = lower.toUpperCase();
  const variable = set(env[lower]) === undefined ? upper : lower;
  const written = set(env[variable]);
  if (written === undefined) return undefined;
  const url = written.includes("://") ? written : `http://${written}`;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new CommandError(
    `${variable} is no URL of a proxy; write one such as "http://proxy.example.com:3128"`,
    ExitCode.USAGE,
  );
}

/** IPv6 addresses stand in brackets for undici, and without them for Terraform and Vault's own tools. */
function bracketed(hosts: string | undefined): string | undefined {
  return hosts
    ?.split(/[,\s]+/)
    .map((host) => (isIPv6(host) ? `[${host}]` : host))
    .join();
}

function tlsOptions(vault: Declared, env: Environment) {
  return {
    ca: certificateAuthorities(vault, env),
    cert: fileOf(env, "VAULT_CLIENT_CERT"),
    key: fileOf(env, "VAULT_CLIENT_KEY"),
    servername: set(env.VAULT_TLS_SERVER_NAME),
    rejectUnauthorized: !["1", "true"].includes((env.VAULT_SKIP_VERIFY ?? "").toLowerCase()),
  };
}

/** Undefined for the CAs that Node.js trusts. */
function certificateAuthorities(vault: Declared, env: Environment): string | string[] | undefined {
  const directory = set(env.VAULT_CAPATH);
  const file = fileOf(env, "VAULT_CACERT");
  if (file !== undefined) return file;
  if (directory === undefined) return vault.caCertificate?.pem;
  return readable("VAULT_CAPATH", directory, () =>
    readdirSync(directory).map((name) => readTextFile(join(directory, name))),
  );
}

function fileOf(env: Environment, variable: string): string | undefined {
  const path = set(env[variable]);
  return path === undefined ? undefined : readable(variable, path, () => readTextFile(path));
}

function readable<T>(variable: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new CommandError(
      `${variable} is "${path}", which cannot be read: ${reason(error)}`,
      ExitCode.USAGE,
    );
  }
}
