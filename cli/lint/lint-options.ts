import type { Duration } from "../../lib/duration";

export interface LintOptions {
  readonly now: Date;
  /** Whether only public parts are at hand, so that a `caKey` left out is not missing. */
  readonly publicOnly?: boolean;
  /** How often the agent looks for renewed files; without it, no end is too near for a renewal. */
  readonly renderInterval?: Duration;
  /** What istiod runs on, where these files are to take its place. */
  readonly previous?: PreviousBundle;
}

export interface PreviousBundle {
  readonly rootCert: string;
  /** The Istio that runs, `x.y.z`. */
  readonly istioVersion: string;
}
