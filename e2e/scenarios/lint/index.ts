import type { RigVariant } from "../../rig";
import { scenario } from "../../scenario";
import { agreement, LINT_CLUSTER } from "./agreement";
import { onVault } from "./on-vault";

/** docs/lint.md: lint against istiods by themselves, outside any pod, and where its files are in Vault. */
export function lint(variant: RigVariant = {}, more: () => void = () => {}): void {
  scenario({ clusters: [LINT_CLUSTER], variant }, () => {
    agreement();
    onVault();
    more();
  });
}
