import { AuthBackend } from "@cdktf/provider-vault/lib/auth-backend";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Release } from "@cdktf/provider-helm/lib/release";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { TerraformElement, type TerraformResource } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import { clusterVaultNames, ISTIOD_ROLE } from "../lib";

/**
 * Adopts what was created by hand under one cluster's names, by import blocks: everything that cannot be
 * created twice, and everything whose changes a reviewer wants to see. The auth method's configuration is
 * not imported but written again as a whole: Vault never returns its reviewer's token, so an undeclared
 * token would stay there, unseen by any plan.
 */
export function adoptVaultObjects(scope: Construct, clusterName: string): void {
  const names = clusterVaultNames(clusterName);
  adopt(scope, (node) => {
    if (node instanceof Mount) return names.secretsMount;
    if (node instanceof Policy && node.nameInput === names.readPolicy) return names.readPolicy;
    if (node instanceof AuthBackend) return names.kubernetesAuthMount;
    if (node instanceof KubernetesAuthBackendRole)
      return `auth/${names.kubernetesAuthMount}/role/${ISTIOD_ROLE}`;
    return undefined;
  });
}

/** Adopts the namespaces and releases of a cluster that were created by hand. */
export function adoptClusterObjects(scope: Construct): void {
  adopt(scope, (node) => {
    if (node instanceof Release) return `${node.namespaceInput}/${node.nameInput}`;
    if (node instanceof NamespaceV1) return node.metadata.nameInput;
    return undefined;
  });
}

function adopt(scope: Construct, idOf: (node: IConstruct) => string | undefined): void {
  for (const node of scope.node.findAll()) {
    const id = idOf(node);
    if (id !== undefined) new AdoptedResource(node as TerraformResource, "Adopted", id);
  }
}

/** cdktf's own `importFrom` would need a Terraform binary at synth. */
class AdoptedResource extends TerraformElement {
  constructor(
    private readonly resource: TerraformResource,
    id: string,
    private readonly importId: string,
  ) {
    super(resource, id);
  }

  public override toTerraform() {
    return { import: [{ to: this.address, id: this.importId }] };
  }

  public override toHclTerraform() {
    const to = { value: this.address, type: "simple", storageClassType: "reference" };
    const id = { value: this.importId, type: "simple", storageClassType: "string" };
    return { import: [{ to, id }] };
  }

  private get address(): string {
    return `${this.resource.terraformResourceType}.${this.resource.friendlyUniqueId}`;
  }
}
