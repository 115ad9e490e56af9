import { secretsIn } from "../../config/backend-secrets";

test.each([
  { conn_str: "postgres://mesh@db.example.com/state?sslmode=verify-full" },
  { conn_str: "host=db.example.com user=mesh dbname=state" },
  { address: "https://states.example.com:8443/{stack}", username: "mesh" },
  { secret_suffix: "{stack}", config_path: "~/.kube/config" },
  { credentials: "/run/secrets/gcs.json", client_certificate_path: "/run/client.pfx" },
  { bucket: "states", key: "{stack}.tfstate", kms_key_id: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd" },
  { token: "" },
])("%j holds no credential", (configuration) => {
  expect(secretsIn(configuration)).toEqual([]);
});

test.each([
  [{ workspaces: [{ token: "x" }] }, ["workspaces", 0, "token"]],
  [{ address: "https://mesh:pass@states.example.com/{stack}" }, ["address"]],
  [{ conn_str: "host=db.example.com password=correct-horse" }, ["conn_str"]],
  [{ sas_token: "sv=2024" }, ["sas_token"]],
  [{ credentials: '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII' }, ["credentials"]],
])("%j holds one", (configuration, path) => {
  expect(secretsIn(configuration)).toEqual([path]);
});
