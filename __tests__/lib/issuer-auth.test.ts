import { Duration, IssuerAuth, type IssuerAuthProps, IssuerLogin } from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

function synthesize(login: IssuerLogin, props: Partial<IssuerAuthProps> = {}): Synthesized {
  const stack = testStack();
  new IssuerAuth(stack, "Issuer", { login, policies: ["istio-issuer-cluster1"], ...props });
  return new Synthesized(stack);
}

const github = { repositoryId: "4711", environment: "issuer" };
const gitlab = { projectId: "4711", environment: "issuer" };

describe("appRole", () => {
  test("has a mount of its own, short logins, and secret ids for 90 days", () => {
    const stack = synthesize(IssuerLogin.appRole());
    expect(stack.only("vault_auth_backend")).toMatchObject({ type: "approle", path: "istio-issuer" });
    expect(stack.only("vault_approle_auth_backend_role")).toEqual({
      backend: expect.stringContaining("vault_auth_backend."),
      role_name: "istio-issuer",
      token_policies: ["istio-issuer-cluster1"],
      token_ttl: 900,
      token_max_ttl: 900,
      secret_id_ttl: 90 * 86_400,
    });
  });

  test("takes another lifetime of secret ids", () => {
    const login = IssuerLogin.appRole({ secretIdTtl: Duration.hours(1) });
    expect(synthesize(login).only("vault_approle_auth_backend_role").secret_id_ttl).toBe(3600);
  });
});

describe("githubActions", () => {
  test("binds number, environment, ref and event, exactly, with an audience of its own", () => {
    const stack = synthesize(IssuerLogin.githubActions(github));
    expect(stack.only("vault_jwt_auth_backend")).toMatchObject({
      path: "istio-issuer",
      oidc_discovery_url: "https://token.actions.githubusercontent.com",
      bound_issuer: "https://token.actions.githubusercontent.com",
    });
    expect(stack.only("vault_jwt_auth_backend_role")).toMatchObject({
      role_name: "istio-issuer",
      role_type: "jwt",
      user_claim: "repository_id",
      bound_audiences: ["istio-issuer"],
      bound_claims_type: "string",
      bound_claims: {
        repository_id: "4711",
        environment: "issuer",
        ref: "refs/heads/main",
        event_name: "schedule,workflow_dispatch",
      },
      token_policies: ["istio-issuer-cluster1"],
      token_no_default_policy: true,
      token_ttl: 900,
      token_max_ttl: 900,
    });
  });

  test("takes another ref, events and audience", () => {
    const login = IssuerLogin.githubActions({
      ...github,
      ref: "refs/heads/release",
      events: ["push"],
      audience: "vault.example.com",
    });
    expect(synthesize(login).only("vault_jwt_auth_backend_role")).toMatchObject({
      bound_audiences: ["vault.example.com"],
      bound_claims: { ref: "refs/heads/release", event_name: "push" },
    });
  });

  test("fails for a repository by its name", () => {
    expect(() => IssuerLogin.githubActions({ ...github, repositoryId: "acme/mesh" })).toThrow(
      '"repositoryId" is "acme/mesh"; write its numeric id, since a name can be released and registered by someone else (IV0901; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0901)',
    );
  });

  test.each([[["pull_request"]], [["schedule", "pull_request_target"]], [[]]])(
    "fails for events %j",
    (events) => {
      expect(() => IssuerLogin.githubActions({ ...github, events })).toThrow(
        `"events" is [${events.join(", ")}]; name at least one, and no pull request's: whoever opens one chooses what its jobs run (IV0902; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0902)`,
      );
    },
  );
});

describe("gitlab", () => {
  test("binds number, protected environment, protected branch and source, exactly", () => {
    const stack = synthesize(IssuerLogin.gitlab(gitlab));
    expect(stack.only("vault_jwt_auth_backend").oidc_discovery_url).toBe("https://gitlab.com");
    expect(stack.only("vault_jwt_auth_backend_role")).toMatchObject({
      user_claim: "project_id",
      bound_audiences: ["istio-issuer"],
      bound_claims_type: "string",
      bound_claims: {
        project_id: "4711",
        environment: "issuer",
        environment_protected: "true",
        ref: "main",
        ref_type: "branch",
        ref_protected: "true",
        pipeline_source: "schedule,web",
      },
      token_no_default_policy: true,
    });
  });

  test("takes an instance, a branch, sources and an audience of one's own", () => {
    const login = IssuerLogin.gitlab({
      ...gitlab,
      url: "https://gitlab.example.com",
      branch: "release",
      sources: ["api"],
      audience: "vault.example.com",
    });
    const stack = synthesize(login);
    expect(stack.only("vault_jwt_auth_backend").bound_issuer).toBe("https://gitlab.example.com");
    expect(stack.only("vault_jwt_auth_backend_role")).toMatchObject({
      bound_audiences: ["vault.example.com"],
      bound_claims: { ref: "release", pipeline_source: "api" },
    });
  });

  test("fails for a project by its name", () => {
    expect(() => IssuerLogin.gitlab({ ...gitlab, projectId: "acme/mesh" })).toThrow(
      '"projectId" is "acme/mesh"; write its numeric id, since a name can be released and registered by someone else (IV0901; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0901)',
    );
  });

  test("fails for merge requests", () => {
    expect(() => IssuerLogin.gitlab({ ...gitlab, sources: ["merge_request_event"] })).toThrow(
      '"sources" is [merge_request_event]; name at least one, and no pull request\'s: whoever opens one chooses what its jobs run (IV0902; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0902)',
    );
  });

  test("fails for an instance by http", () => {
    expect(() => IssuerLogin.gitlab({ ...gitlab, url: "http://gitlab.example.com" })).toThrow(
      '"url" is "http://gitlab.example.com"; write the instance\'s URL, the "iss" of its tokens, such as "https://gitlab.com" (IV0903; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0903)',
    );
  });
});

test("kubernetes binds one ServiceAccount of the management cluster", () => {
  const login = IssuerLogin.kubernetes({
    kubernetesHost: "https://10.0.0.9:6443",
    kubernetesCaCertificate: CA_PEM,
    serviceAccount: "issuer",
    namespace: "istio-vault",
  });
  const stack = synthesize(login);
  expect(stack.only("vault_auth_backend")).toMatchObject({ type: "kubernetes", path: "istio-issuer" });
  expect(stack.only("vault_kubernetes_auth_backend_role")).toMatchObject({
    role_name: "istio-issuer",
    bound_service_account_names: ["issuer"],
    bound_service_account_namespaces: ["istio-vault"],
    token_policies: ["istio-issuer-cluster1"],
    token_ttl: 900,
    token_max_ttl: 900,
  });
});

test("takes another mount and role", () => {
  const stack = testStack();
  const auth = new IssuerAuth(stack, "Issuer", {
    login: IssuerLogin.appRole(),
    policies: ["istio-issuer-cluster1"],
    mountPath: "ci",
    roleName: "mesh-issuer",
  });
  expect(auth).toMatchObject({ mountPath: "ci", roleName: "mesh-issuer" });
  expect(new Synthesized(stack).only("vault_approle_auth_backend_role").role_name).toBe("mesh-issuer");
});

test.each([[[]], [["*"]]])("fails for policies %j", (policies) => {
  expect(() => synthesize(IssuerLogin.appRole(), { policies })).toThrow(
    `"policies" is [${policies.join(", ")}]; list at least one, and not "*", which would let all of them log in (IV0305 at test/Issuer; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0305)`,
  );
});

test("fails for a mount path that could mean several", () => {
  expect(() => synthesize(IssuerLogin.appRole(), { mountPath: "ci/+" })).toThrow(
    '"mountPath" is "ci/+"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803 at test/Issuer; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0803)',
  );
});
