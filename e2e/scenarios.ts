import type { Part } from "./checks";
import { articleParts } from "./parts";
import { adoptParts } from "./parts/adopt";
import { externalParts } from "./parts/external";
import { firstIssue } from "./parts/external/first-issue";
import { issuerRights } from "./parts/external/issuer-rights";
import { repeatedIssue } from "./parts/external/repeated-issue";
import { ciParts } from "./parts/ci";
import { destroy } from "./parts/destroy";
import { firstDeploy } from "./parts/first-deploy";
import { renewal } from "./parts/renewal";
import { thirdCluster } from "./parts/third-cluster";
import { demo } from "./parts/demo";
import { addresses } from "./parts/addresses";
import { lintAgreement } from "./parts/lint-agreement";
import { lintDifference, lintDifferenceInBoringSsl } from "./parts/lint-difference";
import { lintOnVault } from "./parts/lint-on-vault";
import { localVault } from "./parts/local-vault";
import { identities } from "./parts/identities";
import { permissionDeniedParts } from "./parts/permission-denied";
import { gatewayParts } from "./parts/gateways";
import { namespaces } from "./parts/namespaces";
import { otherCore } from "./parts/other-core";
import { reviewCharts } from "./parts/review-charts";
import { plainTerraformParts } from "./parts/plain-terraform";
import { switchIssuanceParts } from "./parts/switch-issuance";
import { statusParts } from "./parts/status";
import { revisions } from "./parts/revisions";
import { upgrade } from "./parts/upgrade";
import { migration } from "./parts/migration";
import { rotationParts, trustBrokenParts, vaultLostParts } from "./parts/rotation";
import type { Need } from "./programs";
import type { RigVariant } from "./rig";

/** Parts that share one rig and build on each other, in the order they run. */
export interface Scenario {
  readonly name: string;
  readonly parts: readonly Part[];
  /** What its rig has in place of the usual. */
  readonly variant?: RigVariant;
}

/** What a scenario needs besides what its parts say. */
export function needsOf({ variant }: Scenario): readonly Need[] {
  return [variant?.terraform, variant?.core, variant?.vaultServer, variant?.istio].filter(
    (need) => need !== undefined,
  );
}

const lintParts: readonly Part[] = [lintAgreement, lintOnVault];
const differenceParts: readonly Part[] = [lintDifference, lintDifferenceInBoringSsl];

/** On the minor version of Istio below the default. */
function onMinorBelow(name: string, parts: readonly Part[]): Scenario {
  return { name: `${name}-below`, parts, variant: { istio: "Istio, the minor below" } };
}

/** Each starts a rig of its own, and can be run alone by its name. */
export const scenarios: readonly Scenario[] = [
  { name: "article", parts: articleParts },
  { name: "review", parts: [reviewCharts] },
  { name: "demo", parts: [localVault, demo] },
  { name: "ci", parts: ciParts },
  { name: "identities", parts: [identities] },
  { name: "external", parts: externalParts },
  { name: "switch-issuance", parts: switchIssuanceParts },
  { name: "adopt", parts: adoptParts },
  { name: "permission-denied", parts: permissionDeniedParts },
  { name: "lint", parts: [...lintParts, ...differenceParts] },
  { name: "lint-two-below", parts: lintParts, variant: { istio: "Istio, two minors below" } },
  { name: "gateways", parts: gatewayParts },
  { name: "status", parts: statusParts },
  { name: "revisions", parts: [revisions], variant: { istio: "Istio, the minor below" } },
  { name: "revisions-below", parts: [revisions], variant: { istio: "Istio, two minors below" } },
  { name: "upgrade", parts: [upgrade], variant: { istio: "Istio, two minors below" } },
  { name: "rotation", parts: rotationParts },
  // Istiods before 1.30 refuse the most.
  { name: "trust-broken", parts: trustBrokenParts, variant: { istio: "Istio, two minors below" } },
  { name: "vault-lost", parts: vaultLostParts },
  { name: "migration", parts: [migration] },
  { name: "addresses", parts: [addresses] },
  { name: "opentofu", parts: [firstDeploy, thirdCluster, renewal, destroy], variant: { terraform: "tofu" } },
  onMinorBelow("article", articleParts),
  onMinorBelow("gateways", gatewayParts),
  onMinorBelow("rotation", rotationParts),
  onMinorBelow("lint", lintParts),
  {
    name: "cdktn",
    parts: [firstDeploy, otherCore, thirdCluster, renewal, destroy],
    variant: { core: "cdktn" },
  },
  { name: "plain-terraform", parts: plainTerraformParts },
  {
    name: "openbao",
    parts: [firstIssue, issuerRights, repeatedIssue, namespaces],
    variant: { vaultServer: "bao", namespace: "mesh" },
  },
];
