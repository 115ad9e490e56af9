import { TerraformStack, Testing } from "cdktf";
import type { BackendConfig } from "../../config/mesh";
import { addBackend } from "../../stacks/backend";

function backendOf(backend: BackendConfig) {
  const stack = new TerraformStack(Testing.app(), "cluster1");
  addBackend(stack, backend);
  return JSON.parse(Testing.synth(stack)).terraform.backend;
}

test("local is beside cdktf.out, the same text on every machine", () => {
  expect(backendOf({ type: "local" })).toEqual({ local: { path: "../../../terraform.cluster1.tfstate" } });
});

test("s3 is encrypted and locked", () => {
  expect(
    backendOf({ type: "s3", bucket: "state", region: "eu-west-1", keyPrefix: "mesh/", kmsKeyId: "key" }),
  ).toEqual({
    s3: {
      bucket: "state",
      region: "eu-west-1",
      key: "mesh/cluster1.tfstate",
      encrypt: true,
      kms_key_id: "key",
      use_lockfile: true,
    },
  });
});

test("the identity that reaches the state is named, and its credential never", () => {
  const roleArn = "arn:aws:iam::123456789012:role/state";
  const s3 = { type: "s3" as const, bucket: "state", region: "eu-west-1", keyPrefix: "" };
  expect(backendOf({ ...s3, roleArn }).s3.assume_role).toEqual({ role_arn: roleArn });
  const impersonateServiceAccount = "state@project.iam.gserviceaccount.com";
  const { gcs } = backendOf({ type: "gcs", bucket: "state", prefix: "", impersonateServiceAccount });
  expect(gcs.impersonate_service_account).toBe(impersonateServiceAccount);
  const azurerm = { resourceGroupName: "group", storageAccountName: "account", containerName: "state" };
  expect(
    backendOf({ type: "azurerm", ...azurerm, keyPrefix: "", useAzureadAuth: true, useOidc: true }).azurerm,
  ).toMatchObject({ use_azuread_auth: true, use_oidc: true });
});

test("gcs has a prefix for each stack", () => {
  expect(backendOf({ type: "gcs", bucket: "state", prefix: "mesh/" })).toEqual({
    gcs: { bucket: "state", prefix: "mesh/cluster1" },
  });
});

test("azurerm has a key for each stack", () => {
  const azurerm = { resourceGroupName: "group", storageAccountName: "account", containerName: "state" };
  expect(backendOf({ type: "azurerm", ...azurerm, keyPrefix: "mesh/" })).toEqual({
    azurerm: {
      resource_group_name: "group",
      storage_account_name: "account",
      container_name: "state",
      key: "mesh/cluster1.tfstate",
    },
  });
});

test("any other is Terraform's own configuration, and the only one", () => {
  const configuration = { conn_str: "postgres://db/{stack}", nested: { schema_name: "{stack}" } };
  expect(backendOf({ type: "other", name: "pg", configuration })).toEqual({
    pg: { conn_str: "postgres://db/cluster1", nested: { schema_name: "cluster1" } },
  });
});
