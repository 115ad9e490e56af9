import { z } from "zod";
import { REPLICAS } from "../lib/private/defaults";
import { isSupportedIstio } from "../lib/private/istio-version";
import { rules } from "./rules";
import { checked, helmValues, pullSecrets, replicas, text, textLike } from "./schema-values";

/** The schema of `istio` in mesh.yaml. */

/** One istiod. */
export const istiod = z.strictObject({
  version: checked(textLike("x.y.z, such as 1.29.6"), (value) =>
    isSupportedIstio(value) ? undefined : rules.istioVersion(value),
  ).describe(
    "Version of Istio and its charts, at least 1.27.0: x.y.z, or a vendor's build of one such as 1.29.6-solo.",
  ),
  chartRepository: text.optional().describe("URL of the chart repository. Default: Istio's own."),
  chartsDirectory: text
    .optional()
    .describe("Directory that contains the unpacked charts base, istiod and, for gateways, gateway."),
  imageHub: text
    .optional()
    .describe(
      "Registry and path of Istio's images. Default: docker.io/istio; for a vendor's build, as in its chart.",
    ),
  imagePullSecrets: pullSecrets.default([]),
  replicas: replicas.default(REPLICAS).describe("Minimum replicas of istiod."),
  values: helmValues
    .default({})
    .describe(
      "Additional Helm values for the istiod chart; those of a cluster or revision are merged over them.",
    ),
});

export const istio = istiod.extend({
  revisions: z
    .record(z.string(), istiod.partial().describe("Overrides istio for this istiod, key by key."))
    .optional()
    .describe(
      "The istiods that run, by revision; default is the one without a revision. Default: only that one.",
    ),
  defaultRevision: text
    .optional()
    .describe("The revision that injects namespaces labelled istio-injection=enabled. Default: default."),
});

/** The same, each revision complete. */
export const expandedIstio = istio.extend({ revisions: z.record(z.string(), istiod).optional() });
