import type { z } from "zod";
import { Duration } from "../lib";
import { isMapping, list, mapping, mergedSection, type Raw } from "./cluster-sections";
import { defaultRevisionOf, writtenRevisions } from "./revisions";
import { INTERMEDIATE_LIFETIME, overridableSections, rootLifetime } from "./schema";

/**
 * What the rules across keys look at, read without regard to the rest: a mistake in one key must not
 * hide another elsewhere. What is undefined is missing or wrong, and said so by the schema.
 */
export interface MeshOutline {
  readonly roots: readonly RootOutline[];
  readonly clusters: readonly ClusterOutline[];
  readonly backendName: unknown;
}

export interface RootOutline {
  readonly name: string | undefined;
  /** Undefined also for a root made elsewhere. */
  readonly validFor: Duration | undefined;
  /** Whether only its certificate is known. */
  readonly offline: boolean;
  /** Whether its key rests in the state, and nobody said that it may. */
  readonly keyNotAccepted: boolean;
  /** Whether its key rests in the state. */
  readonly keyInState: boolean;
}

export interface ClusterOutline {
  readonly name: string | undefined;
  readonly signing: string | undefined;
  readonly bundle: readonly string[] | undefined;
  readonly issuance: "terraform" | "external" | undefined;
  /** Whether its intermediate's key rests in the state, and nobody said that it may. */
  readonly keyNotAccepted: boolean;
  readonly validFor: Duration | undefined;
  readonly tokenTtl: Duration | undefined;
  readonly tokenMaxTtl: Duration | undefined;
  readonly istioVersion: string | undefined;
  /** Undefined where none are listed. */
  readonly revisions: readonly RevisionOutline[] | undefined;
  readonly defaultRevision: string | undefined;
  readonly renderInterval: Duration | undefined;
}

export interface RevisionOutline {
  readonly name: string;
  readonly version: string | undefined;
  readonly chartsDirectory: string | undefined;
  /** Where a key of it is written, below the section. */
  readonly pathOf: (key: string) => readonly [string, ...string[]];
}

export function outlineOf(file: Raw): MeshOutline {
  return {
    roots: list(file.roots).map(({ name, source, validFor, acceptKeysInState }) => ({
      name: text(name),
      keyInState: source === "tls-provider",
      keyNotAccepted: source === "tls-provider" && !acceptKeysInState,
      offline: source === "offline",
      validFor: source === "existing" || source === "offline" ? undefined : read(rootLifetime, validFor),
    })),
    clusters: list(file.clusters).map(({ name }, index) => clusterOutline(file, name, index)),
    backendName: mapping(file.backend).type === "other" ? mapping(file.backend).name : undefined,
  };
}

function clusterOutline(file: Raw, name: unknown, index: number): ClusterOutline {
  const { trust, intermediates, vaultAuth, agent } = overridableSections;
  const trusted = mergedSection(file, index, "trust");
  const issued = mergedSection(file, index, "intermediates");
  const issuance = read(intermediates.shape.issuance, issued.issuance);
  const login = mergedSection(file, index, "vaultAuth");
  const istio = mergedSection(file, index, "istio");
  // Both methods have the same two.
  const { tokenTtl, tokenMaxTtl } = vaultAuth.options[0].shape;
  return {
    name: text(name),
    signing: text(trusted.signing),
    bundle: read(trust.shape.bundle, trusted.bundle),
    issuance,
    keyNotAccepted: issuance === "terraform" && !issued.acceptKeysInState,
    validFor:
      issued.validFor === undefined && issuance
        ? Duration.parse(INTERMEDIATE_LIFETIME[issuance])
        : read(intermediates.shape.validFor, issued.validFor),
    tokenTtl: read(tokenTtl, login.tokenTtl),
    tokenMaxTtl: read(tokenMaxTtl, login.tokenMaxTtl),
    istioVersion: text(istio.version),
    revisions: writtenRevisions(istio)?.map(({ name, settings, pathOf }) => ({
      name,
      version: text(settings.version),
      chartsDirectory: text(settings.chartsDirectory),
      pathOf,
    })),
    // Where they have another form, nobody can say who is among them.
    defaultRevision:
      istio.revisions === undefined || isMapping(istio.revisions)
        ? text(defaultRevisionOf(istio))
        : undefined,
    renderInterval: read(agent.shape.renderInterval, mergedSection(file, index, "agent").renderInterval),
  };
}

/** The value, or its default; undefined where it has another form. */
function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> | undefined {
  return schema.safeParse(value).data;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
