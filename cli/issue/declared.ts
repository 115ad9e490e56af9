import { z } from "zod";
import { duration, keyAlgorithm, name, text, vaultPath } from "../../config/schema-values";
import { Duration } from "../../lib";
import { clusterVaultNames } from "../../lib/names";
import { DEFAULT_RENDER_INTERVAL } from "../../lib/private/agent";
import { intermediateIdentity } from "../../lib/private/intermediate";
import {
  DECLARED_VARIABLE,
  type DeclaredIntermediate,
  SPREAD_VARIABLE,
} from "../../lib/private/issue-at-deploy";
import { CommandError } from "../command-line/command-error";
import { type Environment, set } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import { parsedJson } from "../command-line/text";
import { connect } from "../vault/connect";
import { logIn } from "../vault/login";
import type { Target } from "../vault/target";
import { issue, type Outcome } from "./issuer";

/** What lib/private/issue-at-deploy.ts writes; each value is checked again, since it becomes part of a path. */
const DECLARED = z.strictObject({
  cluster: name("cluster"),
  generation: z.int(),
  root: name("root"),
  root_mount: vaultPath("root_mount"),
  root_issuer: vaultPath("root_issuer"),
  key_algorithm: keyAlgorithm,
  valid_for: duration,
  istio_namespace: text,
  secrets_mount: vaultPath("secrets_mount"),
  certificates_path: vaultPath("certificates_path"),
  trust_bundle_path: vaultPath("trust_bundle_path"),
  revocation_lists: vaultPath("revocation_lists").optional(),
});

/**
 * Issues what Terraform declares, unless it is issued already. Reads no mesh.yaml: what is issued is what was
 * synthesized and reviewed, whichever program that came from.
 */
export async function issueDeclared(env: Environment): Promise<Outcome> {
  const target = declaredTarget(env);
  const address = set(env.VAULT_ADDR);
  if (address === undefined) {
    throw new CommandError(
      "no address of Vault: set VAULT_ADDR, or address of the stack's Vault provider",
      ExitCode.USAGE,
    );
  }
  const vault = connect({ address }, env);
  const login = await logIn(vault, { issuer: undefined }, env);
  const outcome = await issue(login, target, { when: "declared", dryRun: false, now: new Date() });
  // Whose intermediate is in Vault now is not known: the deploy may go on only with the declared one.
  return outcome.result === "overtaken"
    ? { ...outcome, result: "failed", reason: `${outcome.reason}; deploy again` }
    : outcome;
}

function declaredTarget(env: Environment): Target {
  const given = set(env[DECLARED_VARIABLE]);
  if (given === undefined) {
    throw new CommandError(
      `${DECLARED_VARIABLE} is not set: --declared is for Terraform, which sets it in a deploy with issuance "deploy"; use --cluster <name>, --all or --due`,
      ExitCode.USAGE,
    );
  }
  const written = parsedJson(given);
  const { data } = DECLARED.safeParse(written);
  if (!data) {
    throw new CommandError(
      `${DECLARED_VARIABLE} has another form than this version writes; synthesize and deploy with one version of the package`,
      ExitCode.USAGE,
    );
  }
  return {
    clusterName: data.cluster,
    nameInVault: data.cluster,
    names: {
      ...clusterVaultNames(data.cluster),
      secretsMount: data.secrets_mount,
      certificatesPath: data.certificates_path,
      trustBundlePath: data.trust_bundle_path,
    },
    identity: intermediateIdentity(data.cluster, data.istio_namespace),
    keyAlgorithm: data.key_algorithm,
    validFor: data.valid_for,
    signingRoot: data.root,
    signer: { mountPath: data.root_mount, issuer: data.root_issuer },
    renderInterval: DEFAULT_RENDER_INTERVAL,
    declared: written as DeclaredIntermediate,
    revocation:
      data.revocation_lists === undefined
        ? undefined
        : { mountPath: data.revocation_lists, spread: spreadOf(env) },
  };
}

function spreadOf(env: Environment): Duration | undefined {
  const given = set(env[SPREAD_VARIABLE]);
  return given === undefined ? undefined : Duration.parse(given);
}
