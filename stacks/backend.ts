import {
  AzurermBackend,
  GcsBackend,
  LocalBackend,
  S3Backend,
  TerraformBackend,
  type TerraformRemoteState,
  type TerraformStack,
} from "cdktf";
import type { BackendConfig } from "../config/mesh";

/** Where a stack's state is kept: each stack has a separate place, named after it. */
export function addBackend(stack: TerraformStack, backend: BackendConfig): void {
  const name = stack.node.id;
  switch (backend.type) {
    case "local":
      // Beside cdktf.out, and the same string on every machine: Terraform runs in cdktf.out/stacks/<name>.
      new LocalBackend(stack, { path: `../../../terraform.${name}.tfstate` });
      return;
    case "s3":
      new S3Backend(stack, {
        bucket: backend.bucket,
        region: backend.region,
        key: `${backend.keyPrefix}${name}.tfstate`,
        encrypt: true,
        kmsKeyId: backend.kmsKeyId,
      });
      // Locking without a DynamoDB table; newer than cdktf's binding.
      stack.addOverride("terraform.backend.s3.use_lockfile", true);
      // The binding's own roleArn is an argument that Terraform no longer recommends.
      if (backend.roleArn !== undefined)
        stack.addOverride("terraform.backend.s3.assume_role", { role_arn: backend.roleArn });
      return;
    case "gcs":
      new GcsBackend(stack, {
        bucket: backend.bucket,
        prefix: `${backend.prefix}${name}`,
        impersonateServiceAccount: backend.impersonateServiceAccount,
      });
      return;
    case "azurerm":
      new AzurermBackend(stack, {
        resourceGroupName: backend.resourceGroupName,
        storageAccountName: backend.storageAccountName,
        containerName: backend.containerName,
        key: `${backend.keyPrefix}${name}.tfstate`,
        useAzureadAuth: backend.useAzureadAuth,
        useOidc: backend.useOidc,
      });
      return;
    case "other":
      new OtherBackend(stack, backend.name, forStack(backend.configuration, name));
  }
}

/** Any backend, as Terraform's own configuration. */
class OtherBackend extends TerraformBackend {
  constructor(
    stack: TerraformStack,
    name: string,
    private readonly configuration: Record<string, unknown>,
  ) {
    super(stack, "backend", name);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return this.configuration;
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return this.configuration;
  }

  /** No stack here reads another's state. */
  public override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error("state is not read across stacks");
  }
}

/** The configuration with every `{stack}` in its strings replaced by the stack's name. */
function forStack(configuration: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(configuration).replaceAll("{stack}", name));
}
