import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import type { KeyAlgorithm } from "./key-algorithm";
import { GENERATION, INTERMEDIATE_KEY_ALGORITHM, INTERMEDIATE_LIFETIME } from "./private/defaults";
import { requireGeneration } from "./private/generation";
import { rules } from "./rules";

/** Options of {@link Issuance.terraform}. */
export interface TerraformIssuanceOptions {
  /**
   * Accepts that the intermediate's private key is kept in Terraform's state. Anyone who can read the
   * state can then act as this cluster's CA.
   */
  readonly acceptKeysInState: true;
  /**
   * Kind and size of the intermediate's key.
   * @default KeyAlgorithm.rsa(4096)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
  /**
   * Lifetime of the intermediate. Vault limits it to the lifetime of the root. Changing it issues a
   * new intermediate.
   * @default Duration.years(2)
   */
  readonly validFor?: Duration;
  /**
   * Number of intermediates issued so far. Raise it by one to renew: a new key and a new certificate are
   * written in one step, and istiod reloads them without a restart.
   * @default 1
   */
  readonly generation?: number;
}

/** Options of {@link Issuance.deploy}. */
export interface DeployIssuanceOptions {
  /**
   * Kind and size of the intermediate's key.
   * @default KeyAlgorithm.rsa(4096)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
  /**
   * Lifetime of the intermediate. Vault limits it to the lifetime of the root. Changing it issues a
   * new intermediate.
   * @default Duration.years(2)
   */
  readonly validFor?: Duration;
  /**
   * Number of intermediates that were declared so far. Raise it by one to renew: the next deploy issues an
   * intermediate with a new key, and istiod reloads it without a restart.
   * @default 1
   */
  readonly generation?: number;
}

/** Options of {@link Issuance.external}. */
export interface ExternalIssuanceOptions {
  /**
   * Lifetime of each intermediate: the only one that the issuer's policy allows Vault to sign. Vault limits
   * it to the lifetime of the root.
   * @default Duration.days(90)
   */
  readonly validFor?: Duration;
}

/** Who creates a cluster's intermediate and its key. There is no default: it decides where the key is kept. */
export abstract class Issuance {
  /**
   * The deploy runs `istio-vault issue`, which creates the key in its memory, has the root sign it, checks the
   * result and writes it to Vault. No key is in state, plan or etcd. A plan runs nothing. Terraform runs the
   * command by `npx` in the stack's directory, so this package must be installed there or above it; it logs in
   * with the deployer's own `VAULT_TOKEN`.
   *
   * @throws ValidationError IV0210 unless `generation` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static deploy(options: DeployIssuanceOptions = {}): DeployIssuance {
    return new DeployIssuance(
      options.keyAlgorithm ?? INTERMEDIATE_KEY_ALGORITHM,
      options.validFor ?? INTERMEDIATE_LIFETIME.deploy,
      generationOf(options),
    );
  }

  /**
   * Terraform's tls provider creates the key, and the root signs it. **The private key is kept in the state**
   * of the stack that contains the {@link ClusterTrust}, twice: as generated, and as written to Vault.
   * For trials, not for production.
   *
   * @throws ValidationError IV0205 unless `acceptKeysInState` is true
   * @throws ValidationError IV0210 unless `generation` is a whole number of at least 1
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static terraform(options: TerraformIssuanceOptions): TerraformIssuance {
    if (options.acceptKeysInState !== true) throw new ValidationError(rules.keysInStateNotAccepted());
    return new TerraformIssuance(
      options.keyAlgorithm ?? INTERMEDIATE_KEY_ALGORITHM,
      options.validFor ?? INTERMEDIATE_LIFETIME.terraform,
      generationOf(options),
    );
  }

  /**
   * A process outside Terraform creates the key, has it signed and writes both to Vault:
   * `istio-vault issue`, or a custom issuer. No key is in state, plan or etcd; Terraform creates
   * the secret's settings, and the policy that allows an issuer to do this and nothing else.
   */
  public static external(options: ExternalIssuanceOptions = {}): ExternalIssuance {
    return new ExternalIssuance(options.validFor ?? INTERMEDIATE_LIFETIME.external);
  }

  /** Which of the three it is. */
  public abstract readonly kind: "deploy" | "terraform" | "external";
  /** Lifetime of an intermediate. */
  public abstract readonly validFor: Duration;
}

function generationOf({ generation = GENERATION }: { readonly generation?: number }): number {
  requireGeneration("generation", generation);
  return generation;
}

/** What {@link Issuance.deploy} returns. */
export class DeployIssuance extends Issuance {
  public readonly kind = "deploy";

  /** Use {@link Issuance.deploy}. */
  constructor(
    /** Kind and size of the intermediate's key. */
    public readonly keyAlgorithm: KeyAlgorithm,
    public readonly validFor: Duration,
    /** Number of intermediates that were declared so far. */
    public readonly generation: number,
  ) {
    super();
  }
}

/** What {@link Issuance.terraform} returns. */
export class TerraformIssuance extends Issuance {
  public readonly kind = "terraform";

  /** Use {@link Issuance.terraform}. */
  constructor(
    /** Kind and size of the intermediate's key. */
    public readonly keyAlgorithm: KeyAlgorithm,
    public readonly validFor: Duration,
    /** Number of intermediates issued so far. */
    public readonly generation: number,
  ) {
    super();
  }
}

/** What {@link Issuance.external} returns. */
export class ExternalIssuance extends Issuance {
  public readonly kind = "external";

  /** Use {@link Issuance.external}. */
  constructor(public readonly validFor: Duration) {
    super();
  }
}
