import { isDeepStrictEqual } from "node:util";
import { listsSpread } from "../../config/lists-spread";
import type { Mesh } from "../../config/mesh";
import { issueProvisioner } from "../../lib/private/issue-at-deploy";
import { declaredOf } from "../vault/target";
import { providerOf, type Resource } from "./synthesized";

/**
 * Whether a resource runs, in a deploy, the issuer of a cluster whose issuance is `deploy`, and nothing else: with the
 * very command, variables and declaration that mesh.yaml makes.
 */
export function isDeclaredIssue({ type, path, stack, attributes }: Resource, mesh: Mesh): boolean {
  const cluster = mesh.clusters.find(
    ({ nameInVault }) => path === `${stack.name}/${nameInVault}/Trust/Issue`,
  );
  const root = mesh.roots.find(({ name }) => name === cluster?.trust.signing);
  const declared = cluster && root && declaredOf(mesh, cluster, root);
  if (type !== "terraform_data" || !declared) return false;
  const { depends_on: _, ...rest } = attributes;
  const { address, namespace, caCertificate } = mesh.vault;
  // Beside the stack, under a name that has a hash; that the file is the right one is looked at apart.
  const caCertFile = caCertificate && `${providerOf(stack, "vault").ca_cert_file}`;
  return isDeepStrictEqual(rest, {
    triggers_replace: declared,
    provisioner: issueProvisioner({ address, namespace, caCertFile }, listsSpread(mesh)),
  });
}
