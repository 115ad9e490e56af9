import { Duration } from "./duration";
import { ValidationError } from "./errors";
import { KeyAlgorithm } from "./key-algorithm";
import { rules } from "./rules";

/** Options of {@link Issuance.terraform}. */
export interface TerraformIssuanceOptions {
  /**
   * Says that the intermediate's private key may rest in Terraform's state. Anyone who can read the
   * state can then be this cluster's CA.
   */
  readonly acceptKeysInState: true;
  /**
   * Kind and size of the intermediate's key.
   * @default KeyAlgorithm.rsa(4096)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
  /**
   * Lifetime of the intermediate. Vault cuts it to the lifetime of the root. Changing it issues a
   * new intermediate.
   * @default Duration.years(2)
   */
  readonly validFor?: Duration;
  /**
   * Counts the intermediates issued so far. Raise it by one to renew: a new key and a new
   * certificate, written in one step; istiod reloads without a restart.
   * @default 1
   */
  readonly generation?: number;
}

/** Who makes a cluster's intermediate and its key. There is no default: it decides where the key rests. */
export class Issuance {
  /**
   * Terraform's tls provider makes the key, the root signs it. **The private key rests in the state**
   * of the stack that holds the {@link ClusterTrust}, twice: as generated, and as written to Vault.
   * For trying things out.
   *
   * @throws ValidationError IV0205 unless `acceptKeysInState` is true
   * @throws ValidationError IV0210 unless `generation` is a whole number of at least 1
   */
  public static terraform(options: TerraformIssuanceOptions): Issuance {
    const { acceptKeysInState, generation = 1 } = options;
    if (acceptKeysInState !== true) throw new ValidationError(rules.keysInStateNotAccepted());
    if (!Number.isSafeInteger(generation) || generation < 1) {
      throw new ValidationError(rules.generationForm(generation));
    }
    return new Issuance(
      options.keyAlgorithm ?? KeyAlgorithm.rsa(4096),
      options.validFor ?? Duration.years(2),
      generation,
    );
  }

  private constructor(
    public readonly keyAlgorithm: KeyAlgorithm,
    public readonly validFor: Duration,
    public readonly generation: number,
  ) {}
}
