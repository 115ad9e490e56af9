import { ValidationError } from "./errors";
import { requireKnown } from "./private/tokens";
import { rules } from "./rules";

const RSA_BITS = [2048, 3072, 4096];
const ECDSA_BITS = [256, 384];

/**
 * The kind and size of a CA key. Only those that Vault, the tls provider and istiod all support:
 * RSA 2048, 3072 or 4096, ECDSA P-256 or P-384.
 */
export class KeyAlgorithm {
  /**
   * RSA.
   *
   * @param bits the modulus' size: 2048, 3072 or 4096
   * @throws ValidationError IV0112 for any other size
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static rsa(bits: number): KeyAlgorithm {
    requireKnown("bits", bits);
    if (!RSA_BITS.includes(bits)) throw new ValidationError(rules.keyAlgorithm(`rsa-${bits}`));
    return new KeyAlgorithm("rsa", bits);
  }

  /**
   * ECDSA on a NIST curve.
   *
   * @param bits the curve's size: 256 or 384
   * @throws ValidationError IV0112 for any other size
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static ecdsa(bits: number): KeyAlgorithm {
    requireKnown("bits", bits);
    if (!ECDSA_BITS.includes(bits)) throw new ValidationError(rules.keyAlgorithm(`ecdsa-p${bits}`));
    return new KeyAlgorithm("ecdsa", bits);
  }

  /**
   * Reads `rsa-2048`, `rsa-3072`, `rsa-4096`, `ecdsa-p256` or `ecdsa-p384`.
   *
   * @throws ValidationError IV0112 for any other string
   * @throws ValidationError IV0130 if it is known only to Terraform
   */
  public static parse(text: string): KeyAlgorithm {
    requireKnown("text", text);
    const match = /^(?:rsa-|ecdsa-p)([0-9]+)$/.exec(text);
    if (!match) throw new ValidationError(rules.keyAlgorithm(text));
    const bits = Number(match[1]);
    return text.startsWith("rsa") ? KeyAlgorithm.rsa(bits) : KeyAlgorithm.ecdsa(bits);
  }

  private constructor(
    /** The kind of key. */
    public readonly family: "rsa" | "ecdsa",
    /** Its size: of the modulus, or of the curve. */
    public readonly bits: number,
  ) {}

  /** As mesh.yaml writes it: `rsa-4096`, `ecdsa-p256`. */
  public toString(): string {
    return this.family === "rsa" ? `rsa-${this.bits}` : `ecdsa-p${this.bits}`;
  }
}
