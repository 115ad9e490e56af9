import { FIRST_CLUSTERS } from "../meshes";
import { part, scenario, step } from "../scenario";
import { trustMesh, trustState } from "./rotation/mesh";
import { Rotation } from "./rotation/rotation";
import { expiry } from "./trust-broken/expiry";
import { forbiddenShortcuts } from "./trust-broken/shortcuts";

/** Each way not to replace a root fails, and what went wrong by itself is mended. */
// Istiods before 1.30 refuse the most.
scenario({ clusters: FIRST_CLUSTERS, variant: { istio: "Istio, two minors below" } }, () => {
  part("a mesh under root a, with root b in Vault", () => {
    step("is deployed", (world) => new Rotation(world).deployMesh(trustMesh(trustState("a:a", "a:a"))));
  });
  expiry();
  forbiddenShortcuts();
});
