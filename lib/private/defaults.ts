import { Duration } from "../duration";
import { KeyAlgorithm } from "../key-algorithm";

/** Defaults of constructs and of mesh.yaml. The docstrings of the props repeat them. */

/** Of a root that is made here. */
export const ROOT_KEY_ALGORITHM = KeyAlgorithm.rsa(4096);
export const ROOT_LIFETIME = Duration.years(10);
export const ROOT_COMMON_NAME = "Root CA";

/** Issuer of an existing PKI mount. */
export const PKI_ISSUER = "default";

export const INTERMEDIATE_KEY_ALGORITHM = KeyAlgorithm.rsa(4096);
/** By issuance. */
export const INTERMEDIATE_LIFETIME = {
  deploy: Duration.years(2),
  terraform: Duration.years(2),
  external: Duration.days(90),
};
export const GENERATION = 1;

/** Of the leaves under it. */
export const LEAF_GENERATION = 1;

export const GATEWAY_KEY_ALGORITHM = KeyAlgorithm.ecdsa(256);
export const GATEWAY_CERTIFICATE_LIFETIME = Duration.days(30);

/** Of a pod's login to Vault. */
export const TOKEN_TTL = Duration.minutes(20);
export const TOKEN_MAX_TTL = Duration.hours(24);

/** How long an issuer's secret id can be used. */
export const SECRET_ID_TTL = Duration.days(90);
/** What an issuer's job in CI runs on, and what may trigger it. */
export const GITHUB_REF = "refs/heads/main";
export const GITHUB_EVENTS = ["schedule", "workflow_dispatch"];
export const GITLAB_URL = "https://gitlab.com";
export const GITLAB_BRANCH = "main";
export const GITLAB_SOURCES = ["schedule", "web"];

export const TRUST_DOMAIN = "cluster.local";

/** Of istiod, the injector and gateways: one survives while another restarts. */
export const REPLICAS = 2;
