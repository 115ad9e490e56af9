import type { MeshSettings } from "../mesh-file";

export const CLUSTER = "cluster1";

/** The one build there is; what is told apart is who runs it. */
export const CANARY = "1-29-6";

const mesh = (istio: object): MeshSettings => ({ clusters: [CLUSTER], overrides: { [CLUSTER]: { istio } } });

/** The states of a canary upgrade, in their order. */
export const ONE = mesh({});
export const LISTED = mesh({ revisions: { default: {}, [CANARY]: {} } });
export const PROMOTED = mesh({ revisions: { default: {}, [CANARY]: {} }, defaultRevision: CANARY });
export const REMOVED = mesh({ revisions: { [CANARY]: {} }, defaultRevision: CANARY });
