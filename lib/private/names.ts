import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { ISTIOD_ROLE } from "../names";
import { rules } from "../rules";
import { requireKnown } from "./tokens";

/**
 * Whether Vault mounts, policies and stacks can be named after it: a DNS label of at most 40 characters, and not
 * `constructor`, which the constructs library takes for a child that is there.
 */
export function isName(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(text) && !(text in {});
}

/** @throws ValidationError IV0110 unless `value` is a token or a name */
export function requireName(property: string, value: string, scope: IConstruct): void {
  if (!Token.isUnresolved(value) && !isName(value)) {
    throw new ValidationError(rules.nameForm(property, value), scope);
  }
}

/**
 * Istio takes any DNS label (validateRevision in operator/pkg/apis/validation/common.go of its source); with 40
 * characters `istio-istiod-<revision>` is as long as Helm lets a release's name be.
 *
 * @throws ValidationError IV0805 unless `value` is a revision, IV0130 if it is known only to Terraform
 */
export function requireRevision(value: string, scope: IConstruct): void {
  requireKnown("revision", value, scope);
  if (!isName(value)) throw new ValidationError(rules.revisionForm(value), scope);
}

/** @throws ValidationError IV0110 unless it is a token or a name, IV0801 if it is istiod's */
export function requireGatewayName(value: string, scope: IConstruct): void {
  requireName("gatewayName", value, scope);
  if (value === ISTIOD_ROLE) throw new ValidationError(rules.gatewayName(value), scope);
}
