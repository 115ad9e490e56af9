import { connect } from "../../../cli/vault/connect";
import { logIn } from "../../../cli/vault/login";
import { FakeVault, type SeenRequest } from "../../support/fake-vault";
import { meshWith } from "../../support/mesh-file";

let vault: FakeVault;
let github: FakeVault;
const mesh = meshWith();

beforeAll(async () => {
  vault = await FakeVault.start(({ path }) =>
    path.startsWith("auth/") ? { auth: { client_token: "hvs.issued", policies: [] } } : { data: {} },
  );
  github = await FakeVault.start(() => ({ value: "eyJ.github" }));
});
afterAll(() => {
  vault.stop();
  github.stop();
});

/** The login that an environment leads to, and the token in use afterwards. */
async function loginBy(
  env: NodeJS.ProcessEnv,
): Promise<{ login: SeenRequest | undefined; token: string | undefined }> {
  vault.requests.length = 0;
  const client = await logIn(connect({ address: vault.address }, {}), mesh, env);
  await client.read("anything");
  const [login] = vault.requests.filter(({ path }) => path.startsWith("auth/"));
  return { login, token: vault.requests.at(-1)!.token };
}

test("VAULT_TOKEN is taken as it is, before anything else", async () => {
  const { login, token } = await loginBy({ VAULT_TOKEN: "hvs.mine", VAULT_ID_TOKEN: "eyJ.x" });
  expect(login).toBeUndefined();
  expect(token).toBe("hvs.mine");
});

test("a role id and a secret id log in by AppRole", async () => {
  const { login, token } = await loginBy({ VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "secret" });
  expect(login).toMatchObject({
    path: "auth/istio-issuer/login",
    body: { role_id: "role", secret_id: "secret" },
  });
  expect(token).toBe("hvs.issued");
});

test("a CI system's token logs in to the issuers' role", async () => {
  const { login } = await loginBy({ VAULT_ID_TOKEN: "eyJ.gitlab" });
  expect(login).toMatchObject({
    path: "auth/istio-issuer/login",
    body: { role: "istio-issuer", jwt: "eyJ.gitlab" },
  });
});

test("another mount and role can be named", async () => {
  const { login } = await loginBy({
    VAULT_ID_TOKEN: "eyJ.x",
    VAULT_AUTH_PATH: "jwt-ci",
    VAULT_AUTH_ROLE: "mesh",
  });
  expect(login).toMatchObject({ path: "auth/jwt-ci/login", body: { role: "mesh", jwt: "eyJ.x" } });
});

test("a GitHub job asks for its own token, for the issuers' audience", async () => {
  const { login } = await loginBy({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${github.address}/token?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer",
  });
  expect(github.requests.at(-1)!.path).toContain("token?api-version=2&audience=istio-issuer");
  expect(login!.body).toEqual({ role: "istio-issuer", jwt: "eyJ.github" });
});

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwcyJ9.c2ln";

test.each([
  ["cut", 200, `{"count": 1, "value": "${JWT}`],
  ["a token alone", 200, JWT],
  ["JSON without one", 403, '{"message":"no permission"}'],
  ["JSON with another value", 200, `{"value": {"token": "${JWT}"}}`],
  ["null", 200, "null"],
])("says no more of GitHub's answer than its status where it is %s", async (_what, status, body) => {
  const broken = await FakeVault.start(() => ({ status, body }));
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${broken.address}/token?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer",
  };
  await expect(loginBy(env)).rejects.toThrow(
    new Error(
      `GitHub answered ${status} to the request for a token, and sent none that can be read; run the job again`,
    ),
  );
  broken.stop();
});

test("says that GitHub cannot be reached", async () => {
  await expect(
    loginBy({
      ACTIONS_ID_TOKEN_REQUEST_URL: "http://127.0.0.1:9/?",
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer",
    }),
  ).rejects.toThrow(new Error("GitHub could not be asked for a token: ECONNREFUSED"));
});

test("fails without any credential, and says which there are", async () => {
  await expect(loginBy({ HOME: "/nowhere" })).rejects.toThrow(
    "no credential for Vault: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_ID_TOKEN, or run vault login",
  );
});
