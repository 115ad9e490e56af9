import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { z } from "zod";
import type { Mesh } from "../../config/mesh";
import { ISSUER_AUDIENCE, ISSUER_MOUNT, ISSUER_ROLE } from "../../lib/names";
import { CommandError } from "../command-line/command-error";
import { type Environment, set } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import { wholeText } from "../http/whole-text";
import type { VaultClient } from "./vault-client";

const GITHUB_SECONDS = 30;

/** What Vault answers a login with. */
const LOGIN = z.object({ auth: z.object({ client_token: z.string().min(1) }) });

/** Where a pod finds its ServiceAccount's token. */
const POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * Logs in with the first credential that is available: `VAULT_TOKEN`; `VAULT_ROLE_ID` with `VAULT_SECRET_ID`; a
 * CI system's token in `VAULT_ID_TOKEN` or from GitHub Actions itself; a pod's token where mesh.yaml
 * says so; finally the token that `vault login` stored. `VAULT_AUTH_PATH` and `VAULT_AUTH_ROLE` name another
 * mount and role than those mesh.yaml makes.
 *
 * @throws CommandError if there is none, or Vault rejects it
 */
export async function logIn(
  vault: VaultClient,
  mesh: Pick<Mesh, "issuer">,
  env: Environment,
): Promise<VaultClient> {
  const token = set(env.VAULT_TOKEN);
  if (token !== undefined) return vault.withToken(token);
  const path = `auth/${set(env.VAULT_AUTH_PATH) ?? ISSUER_MOUNT}/login`;
  const role = set(env.VAULT_AUTH_ROLE) ?? ISSUER_ROLE;

  const credential = approle(env) ?? (await ciToken(env, role)) ?? podToken(mesh, role);
  if (credential) {
    const { data: answer } = LOGIN.safeParse(await vault.write(path, credential));
    if (!answer) throw new CommandError(`Vault answered ${path} without a token`);
    return vault.withToken(answer.auth.client_token);
  }
  const stored = storedToken(env);
  if (stored !== undefined) return vault.withToken(stored);
  throw new CommandError(
    "no credential for Vault: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_ID_TOKEN, or run vault login",
    ExitCode.USAGE,
  );
}

function approle(env: Environment): object | undefined {
  const [roleId, secretId] = [set(env.VAULT_ROLE_ID), set(env.VAULT_SECRET_ID)];
  return roleId !== undefined && secretId !== undefined
    ? { role_id: roleId, secret_id: secretId }
    : undefined;
}

async function ciToken(env: Environment, role: string): Promise<object | undefined> {
  const jwt = set(env.VAULT_ID_TOKEN) ?? (await githubToken(env));
  return jwt === undefined ? undefined : { role, jwt };
}

/** GitHub gives a job with `permissions: { id-token: write }` a place to ask for its token. */
async function githubToken(env: Environment): Promise<string | undefined> {
  const url = set(env.ACTIONS_ID_TOKEN_REQUEST_URL);
  const bearer = set(env.ACTIONS_ID_TOKEN_REQUEST_TOKEN);
  if (url === undefined || bearer === undefined) return undefined;
  const { status, text } = await askGithub(`${url}&audience=${ISSUER_AUDIENCE}`, bearer);
  const token = tokenIn(text);
  // The body may be a token that is cut, or hold one: nothing of it is shown.
  if (token === undefined) {
    throw new CommandError(
      `GitHub answered ${status} to the request for a token, and sent none that can be read; run the job again`,
    );
  }
  return token;
}

async function askGithub(url: string, bearer: string): Promise<{ status: number; text: string }> {
  try {
    const response = await request(url, {
      headers: { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(GITHUB_SECONDS * 1000),
    });
    return { status: response.statusCode, text: await wholeText(response.body) };
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    const late = name === "TimeoutError" ? `no whole answer within ${GITHUB_SECONDS} s` : undefined;
    throw new CommandError(`GitHub could not be asked for a token: ${late ?? code ?? name}`);
  }
}

function tokenIn(json: string): string | undefined {
  try {
    const { value } = JSON.parse(json) as { value?: unknown };
    return typeof value === "string" && value !== "" ? value : undefined;
  } catch {
    return undefined;
  }
}

function podToken(mesh: Pick<Mesh, "issuer">, role: string): object | undefined {
  if (mesh.issuer?.method !== "kubernetes") return undefined;
  const jwt = textOf(POD_TOKEN);
  return jwt === undefined ? undefined : { role, jwt };
}

function storedToken(env: Environment): string | undefined {
  return set(textOf(join(env.HOME ?? homedir(), ".vault-token")));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
