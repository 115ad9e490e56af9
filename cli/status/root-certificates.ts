import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { Mesh, RootConfig } from "../../config/mesh";
import { rootMount } from "../../lib/names";
import { CommandError } from "../command-line/command-error";
import { type VaultClient, VaultRefusal } from "../vault/vault-client";
import { fingerprintOf } from "./certificates";
import { type Asked, type ClusterFacts, known, unknown, valueOf } from "./facts";

/** What Vault answers of an issuer, as far as it is read. */
const ISSUER = z.object({ certificate: certificate() });

/** PEM of a certificate, read. */
function certificate() {
  return z.string().transform((pem, context) => {
    try {
      return new X509Certificate(pem);
    } catch {
      context.addIssue("no certificate");
      return z.NEVER;
    }
  });
}

/** A root's certificate; undefined where the root was not made yet. */
export type RootCertificate = Asked<X509Certificate | undefined>;

/** The certificates of a mesh's declared roots, and the names of certificates. */
export class RootCertificates {
  private readonly names: ReadonlyMap<string, string>;

  constructor(public readonly byName: ReadonlyMap<string, RootCertificate>) {
    this.names = new Map(
      [...byName].flatMap(([name, asked]) => {
        const certificate = valueOf(asked);
        return certificate ? [[fingerprintOf(certificate), name]] : [];
      }),
    );
  }

  /** A declared root's name; of another certificate, enough to find it by. */
  public nameOf(certificate: X509Certificate): string {
    return this.names.get(fingerprintOf(certificate)) ?? `?${fingerprintOf(certificate).slice(0, 8)}`;
  }

  /** A bundle in names, `a, b`, and with the line in its text, where it has one: `a, b (leaf generation 2)`. */
  public namesOf(bundle: readonly X509Certificate[], leafLine?: string): string {
    return bundleText(
      bundle.map((root) => this.nameOf(root)),
      leafLine,
    );
  }

  public get all(): readonly X509Certificate[] {
    return [...this.byName.values()].flatMap((asked) => valueOf(asked) ?? []);
  }

  /** Whether these roots can be identified: their certificates are known, or not created yet. */
  public knows(names: readonly string[]): boolean {
    return names.every((name) => this.byName.get(name)!.known);
  }
}

/** The same of names. */
export function bundleText(names: readonly string[], leafLine?: string): string {
  const line = leafLine === undefined ? "" : ` (${leafLine.replace(/^# /, "")})`;
  return `${names.join(", ") || "nothing"}${line}`;
}

/**
 * A root's certificate is public: mesh.yaml names its file, or Vault serves it to anyone. For a root that
 * Terraform creates, it is in the bundles in Vault.
 *
 * @param vault needs no token
 */
export async function rootCertificates(
  mesh: Mesh,
  vault: VaultClient,
  facts: readonly ClusterFacts[],
): Promise<RootCertificates> {
  const entries = mesh.roots.map(async (root): Promise<[string, RootCertificate]> => [
    root.name,
    await certificateOf(root, vault, facts),
  ]);
  return new RootCertificates(new Map(await Promise.all(entries)));
}

async function certificateOf(
  root: RootConfig,
  vault: VaultClient,
  facts: readonly ClusterFacts[],
): Promise<RootCertificate> {
  if ("certificatePem" in root) return known(new X509Certificate(root.certificatePem));
  if (root.source === "tls-provider") return inBundles(root.name, facts);
  const path = `${rootMount(root.name)}/issuer/${root.name}/json`;
  try {
    return known((await vault.read(path, ISSUER))?.data.certificate);
  } catch (error) {
    // Vault gives it to anyone, where there is such a mount; where there is none, it says 403.
    if (error instanceof VaultRefusal && [403, 404].includes(error.status)) return known(undefined);
    if (!(error instanceof CommandError)) throw error;
    return unknown(error.message);
  }
}

/** From a bundle in Vault that has as many roots as declared: Terraform writes them in that order. */
function inBundles(name: string, facts: readonly ClusterFacts[]): Asked<X509Certificate> {
  for (const { cluster, vault } of facts) {
    const declared = cluster.trust.bundle;
    const bundle = valueOf(vault)?.bundle;
    const place = declared.indexOf(name);
    if (place !== -1 && bundle?.length === declared.length) return known(bundle[place]);
  }
  return unknown("Terraform creates it, and no bundle in Vault has as many roots as mesh.yaml says");
}
