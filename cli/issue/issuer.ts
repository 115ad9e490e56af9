import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { signParameters, signPath } from "../../lib/private/intermediate";
import { shown } from "../../lib/private/shown";
import { isSelfSignedCa } from "../../lib/private/pem";
import type { VaultSigner } from "../../lib/root-ca";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { type VaultClient, VaultRefusal } from "../vault/vault-client";
import { isDue, isToIssue, type Margin, type Verdict } from "./due";
import { declaredText, type IntermediateRecord } from "../vault/intermediate-record";
import { makeKeyAndRequest } from "./key-and-request";
import { type IntermediateSecret, Overtaken, type SecretState, SecretStore } from "../vault/secret-store";
import { RevocationStore } from "../vault/revocation-store";
import type { Target } from "../vault/target";
import { requireSoundFiles } from "./sound-files";

/** What Vault answers to a request for a certificate, and of a login. */
const SIGNED = z.object({ certificate: z.string(), ca_chain: z.array(z.string()) });
const LOOKED_UP = z.object({ policies: z.array(z.string()) });

/** The result for one cluster. */
export interface Outcome {
  readonly cluster: string;
  readonly result: "issued" | "due" | "not due" | "overtaken" | "refused" | "failed";
  /** Why, or what went wrong. */
  readonly reason: string;
  /** The intermediate that is in Vault now, where one was issued. */
  readonly issued?: IntermediateRecord;
  readonly previousVersion?: number;
}

export interface IssueOptions {
  /** Issue in any case, only what is due by a margin, or only what differs from what is declared. */
  readonly when: "always" | "declared" | Margin;
  /** Say what would be done, by public facts alone. */
  readonly dryRun: boolean;
  readonly now: Date;
}

/** Does what asks Vault once it is its turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Issues one cluster's intermediate: key and request in memory, signed by Vault, checked as istiod and
 * its clients will, and written in place of the version that was current. Stopped at any point, it leaves
 * either the old intermediate or the new one. Where proxies have revocation lists, its own goes first, and the
 * intermediate once every proxy has that: no chain of it is ever refused.
 */
export async function issue(
  vault: VaultClient,
  target: Target,
  options: IssueOptions,
  inTurn: InTurn = (work) => work(),
): Promise<Outcome> {
  const cluster = target.clusterName;
  try {
    const store = new SecretStore(vault, target);
    const state = await inTurn(() => store.state());
    const verdict = verdictOn(state, target, options);
    if (!verdict.due) return { cluster, result: "not due", reason: verdict.reason };
    if (options.dryRun) return { cluster, result: "due", reason: verdict.reason };
    const secret = await inTurn(() => makeSecret(vault, store, target, options.now));
    const spread = target.revocation?.spread;
    if (spread) await sleep(spread.toSeconds() * 1000);
    const { currentVersion: previousVersion } = state;
    const issued = await inTurn(() => store.put(secret, previousVersion));
    return { cluster, result: "issued", reason: verdict.reason, issued, previousVersion };
  } catch (error) {
    if (error instanceof Overtaken) return { cluster, result: "overtaken", reason: error.message };
    if (!(error instanceof CommandError)) throw error;
    const result = error.exitCode === ExitCode.REFUSED ? "refused" : "failed";
    return { cluster, result, reason: await explained(error, vault, target, options) };
  }
}

function verdictOn(
  state: SecretState,
  { signingRoot, declared, revocation }: Target,
  options: IssueOptions,
): Verdict {
  const { when, now } = options;
  if (when === "always") return { due: true, reason: "requested" };
  if (when === "declared") return isToIssue(state, declaredText(declared!));
  return isDue({ ...state, signingRoot, needsList: revocation !== undefined, margin: when, now });
}

/** What is to be written; where the mesh has revocation lists, its own is among them by then. */
async function makeSecret(
  vault: VaultClient,
  store: SecretStore,
  target: Target,
  now: Date,
): Promise<IntermediateSecret> {
  const { signer, identity, keyAlgorithm } = target;
  if (!signer) {
    throw new CommandError(
      `root ${target.signingRoot} signs outside Vault; write a request with --csr-out, and import the certificate with --certificate-in`,
      ExitCode.USAGE,
    );
  }
  const bundle = await store.trustBundle();
  const { keyPem, requestPem } = await makeKeyAndRequest(keyAlgorithm, identity);
  const signed = await sign(vault, signer, target, requestPem);
  const secret = { ca_key: keyPem, ...signed };
  if (!target.revocation) {
    requireSoundFiles(secret, { bundle }, target, now);
    return secret;
  }
  const lists = new RevocationStore(vault, target.revocation.mountPath);
  const { currentLists, makeOwnList } = await import("./own-list");
  const own = await makeOwnList(secret.ca_key, secret.ca_cert, target.keyAlgorithm);
  requireSoundFiles(secret, { bundle, lists: `${own}${await lists.ofRoots()}` }, target, now);
  await lists.update(target.nameInVault, (before) => [own.trim(), ...currentLists(before, now)].join("\n"));
  return { ...secret, ca_crl: own };
}

async function sign(vault: VaultClient, signer: VaultSigner, target: Target, csr: string) {
  const parameters = signParameters(target.identity, target.validFor);
  const { data } = await vault.ask(signPath(signer), { csr, ...parameters }, SIGNED);
  // Vault puts the new certificate first, then its chain. Verifiers have the root already.
  const chain = data.ca_chain.filter((pem) => !isSelfSignedCa(pem));
  return { ca_cert: data.certificate, cert_chain: chain.join("\n") };
}

/** A 403 has the same text for every cause; the policies of the login distinguish most of them. */
async function explained(
  error: CommandError,
  vault: VaultClient,
  { names }: Target,
  { when }: IssueOptions,
): Promise<string> {
  if (!(error instanceof VaultRefusal) || error.status !== 403) return error.message;
  const policies = await heldPolicies(vault);
  const held = policies
    ? `this login holds policies [${shown(policies.join(", "))}]`
    : "Vault does not know this login";
  if (when === "declared") {
    return `${error.message}; ${held}; write the deployer's policy again (docs/permission-denied.md#terraform)`;
  }
  const lacking = policies?.includes(names.issuerPolicy)
    ? `"${names.issuerPolicy}" in Vault differs from mesh.yaml: deploy its Vault stack`
    : `it needs "${names.issuerPolicy}"`;
  return `${error.message}; ${held}; ${lacking} (docs/permission-denied.md#issuer)`;
}

async function heldPolicies(vault: VaultClient): Promise<string[] | undefined> {
  try {
    const self = await vault.read("auth/token/lookup-self", LOOKED_UP);
    return self?.data.policies;
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
