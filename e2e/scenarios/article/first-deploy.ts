import { VAULT_STACKS } from "../../deployment";
import { FIRST_CLUSTERS, twoClusters } from "../../meshes";
import { check, part, step } from "../../scenario";

export function firstDeploy(): void {
  part("first deploy", () => {
    step("Vault's stacks deploy", async ({ deployment }) => {
      deployment.configure(twoClusters);
      await deployment.deploy(VAULT_STACKS);
    });
    step("both clusters deploy, with no credential of Vault's in their environment", ({ deployment }) =>
      deployment.deploy(...FIRST_CLUSTERS),
    );
    step("a client in each cluster is answered by a server in each, by mutual TLS", ({ rig, traffic }) =>
      traffic.start(rig.clusters),
    );
    check("a second plan of every stack is empty", ({ deployment }) =>
      deployment.requireEmptyPlan(VAULT_STACKS, ...FIRST_CLUSTERS),
    );
  });
}
