import { ApproleAuthBackendRole } from "@cdktf/provider-vault/lib/approle-auth-backend-role";
import { AuthBackend } from "@cdktf/provider-vault/lib/auth-backend";
import { JwtAuthBackend } from "@cdktf/provider-vault/lib/jwt-auth-backend";
import { JwtAuthBackendRole } from "@cdktf/provider-vault/lib/jwt-auth-backend-role";
import { type TerraformProvider, type TerraformResource, Token } from "cdktf";
import type { Construct } from "constructs";
import { Duration } from "./duration";
import { ValidationError } from "./errors";
import { GITHUB_EVENTS, GITLAB_SOURCES, GITLAB_URL, SECRET_ID_TTL } from "./private/defaults";
import {
  boundClaims,
  githubJwt,
  gitlabJwt,
  type IssuerJwt,
  ISSUER_TOKEN_SECONDS,
} from "./private/issuer-jwt";
import { requireKnown } from "./private/tokens";
import { isHttpsUrl } from "./private/urls";
import { rules } from "./rules";
import { VaultAuthMethod } from "./vault-auth-method";

/** Events and sources whose jobs run code from a pull request. */
export const PULL_REQUEST_EVENTS = ["pull_request", "pull_request_target"];
export const MERGE_REQUEST_SOURCES = ["merge_request_event", "external_pull_request_event"];

/** Options of {@link IssuerLogin.appRole}. */
export interface AppRoleLoginOptions {
  /**
   * How long a secret id can be used; then a new one must be made.
   * @default Duration.days(90)
   */
  readonly secretIdTtl?: Duration;
}

/** Options of {@link IssuerLogin.githubActions}. */
export interface GithubActionsLoginOptions {
  /** The repository's numeric id, which a rename does not change: `gh api repos/OWNER/NAME --jq .id`. */
  readonly repositoryId: string;
  /** The environment the job must run in. Protect it: jobs in it can issue CAs for the mesh. */
  readonly environment: string;
  /**
   * The ref the workflow must run on.
   * @default "refs/heads/main"
   */
  readonly ref?: string;
  /**
   * Events that may trigger it. Never pull requests.
   * @default ["schedule", "workflow_dispatch"]
   */
  readonly events?: readonly string[];
  /**
   * Audience the job must request its token for.
   * @default "istio-issuer"
   */
  readonly audience?: string;
}

/** Options of {@link IssuerLogin.gitlab}. */
export interface GitlabLoginOptions {
  /** The project's numeric id, which a rename does not change. */
  readonly projectId: string;
  /** The protected environment the job must run in. */
  readonly environment: string;
  /**
   * URL of the GitLab instance, which signs the tokens.
   * @default "https://gitlab.com"
   */
  readonly url?: string;
  /**
   * The protected branch the pipeline must run on.
   * @default "main"
   */
  readonly branch?: string;
  /**
   * What may trigger the pipeline. Never merge requests.
   * @default ["schedule", "web"]
   */
  readonly sources?: readonly string[];
  /**
   * Audience of the job's id token.
   * @default "istio-issuer"
   */
  readonly audience?: string;
}

/** Options of {@link IssuerLogin.kubernetes}. */
export interface KubernetesLoginOptions {
  /** API server of the management cluster as Vault reaches it: `https://host:port`. */
  readonly kubernetesHost: string;
  /** PEM of the CA that signed the API server's certificate. Public. */
  readonly kubernetesCaCertificate: string;
  /** ServiceAccount of the issuer's job; it must be allowed to create `tokenreviews`. */
  readonly serviceAccount: string;
  /** Its namespace. */
  readonly namespace: string;
}

/** The auth mount to create, and the role on it. */
export interface IssuerLoginBinding {
  /** Path of the auth mount, without `auth/`. */
  readonly mountPath: string;
  /** Name of the role on it. */
  readonly roleName: string;
  /** Names of the policies that a login receives. */
  readonly policies: readonly string[];
  /**
   * The Vault provider that creates both.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** How an issuer logs in to Vault. */
export abstract class IssuerLogin {
  /** A role id and a secret id, for a scheduler that has no identity of another kind. */
  public static appRole(options: AppRoleLoginOptions = {}): IssuerLogin {
    return new AppRoleLogin(options);
  }

  /**
   * The token GitHub signs for a job: bound to repository, environment, ref and event, all at once.
   *
   * @throws ValidationError IV0901 if `repositoryId` is not a number
   * @throws ValidationError IV0902 if `events` is empty or contains one that a pull request triggers
   * @throws ValidationError IV0130 if `events` is known only to Terraform
   */
  public static githubActions(options: GithubActionsLoginOptions): IssuerLogin {
    const { events = GITHUB_EVENTS } = options;
    requireNumber("repositoryId", options.repositoryId);
    requireTriggers("events", events, PULL_REQUEST_EVENTS);
    return new JwtLogin(githubJwt(options));
  }

  /**
   * The token GitLab signs for a job: bound to project, protected environment, protected branch and
   * what triggered the pipeline, all at once.
   *
   * @throws ValidationError IV0903 if `url` is not an https URL
   * @throws ValidationError IV0901 if `projectId` is not a number
   * @throws ValidationError IV0902 if `sources` is empty or contains one that a merge request triggers
   * @throws ValidationError IV0130 if `sources` is known only to Terraform
   */
  public static gitlab(options: GitlabLoginOptions): IssuerLogin {
    const { url = GITLAB_URL, sources = GITLAB_SOURCES } = options;
    if (!Token.isUnresolved(url) && !isHttpsUrl(url)) throw new ValidationError(rules.gitlabUrlForm(url));
    requireNumber("projectId", options.projectId);
    requireTriggers("sources", sources, MERGE_REQUEST_SOURCES);
    return new JwtLogin(gitlabJwt(options));
  }

  /**
   * The token of a pod in a management cluster, outside the mesh.
   *
   * @throws ValidationError IV0302, IV0303 as `VaultAuthMethod.kubernetes` does
   */
  public static kubernetes(options: KubernetesLoginOptions): IssuerLogin {
    return new KubernetesLogin(options);
  }

  /** Creates mount and role below `scope`, and returns the role. Called by {@link IssuerAuth}. */
  public abstract bind(scope: Construct, binding: IssuerLoginBinding): TerraformResource;
}

class AppRoleLogin extends IssuerLogin {
  constructor(private readonly options: AppRoleLoginOptions) {
    super();
  }

  public bind(
    scope: Construct,
    { mountPath, roleName, policies, provider }: IssuerLoginBinding,
  ): TerraformResource {
    const backend = new AuthBackend(scope, "Resource", {
      provider,
      type: "approle",
      path: mountPath,
      description: DESCRIPTION,
    });
    return new ApproleAuthBackendRole(scope, "Role", {
      provider,
      backend: backend.path,
      roleName,
      tokenPolicies: [...policies],
      tokenTtl: ISSUER_TOKEN_SECONDS,
      tokenMaxTtl: ISSUER_TOKEN_SECONDS,
      secretIdTtl: (this.options.secretIdTtl ?? SECRET_ID_TTL).toSeconds(),
    });
  }
}

class JwtLogin extends IssuerLogin {
  constructor(private readonly settings: IssuerJwt) {
    super();
  }

  public bind(
    scope: Construct,
    { mountPath, roleName, policies, provider }: IssuerLoginBinding,
  ): TerraformResource {
    const { issuer, audience, userClaim } = this.settings;
    const backend = new JwtAuthBackend(scope, "Resource", {
      provider,
      type: "jwt",
      path: mountPath,
      description: DESCRIPTION,
      oidcDiscoveryUrl: issuer,
      boundIssuer: issuer,
    });
    return new JwtAuthBackendRole(scope, "Role", {
      provider,
      backend: backend.path,
      roleName,
      roleType: "jwt",
      userClaim,
      boundAudiences: [audience],
      // Exact values: with "glob", a pattern that is too wide would admit every repository.
      boundClaimsType: "string",
      boundClaims: boundClaims(this.settings),
      tokenPolicies: [...policies],
      // What an issuer needs of it, its policy has: a job neither renews its token nor keeps secrets of its own.
      tokenNoDefaultPolicy: true,
      tokenTtl: ISSUER_TOKEN_SECONDS,
      tokenMaxTtl: ISSUER_TOKEN_SECONDS,
    });
  }
}

class KubernetesLogin extends IssuerLogin {
  private readonly method: VaultAuthMethod;

  constructor(private readonly options: KubernetesLoginOptions) {
    super();
    const { kubernetesHost, kubernetesCaCertificate } = options;
    this.method = VaultAuthMethod.kubernetes({ kubernetesHost, kubernetesCaCertificate });
  }

  public bind(
    scope: Construct,
    { mountPath, roleName, policies, provider }: IssuerLoginBinding,
  ): TerraformResource {
    // The role's name is its construct id, which must not change.
    requireKnown("roleName", roleName, scope);
    const bound = this.method.bind(scope, { path: mountPath, description: DESCRIPTION, provider });
    return bound.addRole(scope, roleName, {
      roleName,
      serviceAccounts: [this.options.serviceAccount],
      namespaces: [this.options.namespace],
      policies,
      tokenTtl: Duration.seconds(ISSUER_TOKEN_SECONDS),
      tokenMaxTtl: Duration.seconds(ISSUER_TOKEN_SECONDS),
    });
  }
}

const DESCRIPTION = "Issuers of istiod's intermediates";

function requireNumber(key: string, value: string): void {
  if (!Token.isUnresolved(value) && !/^[1-9][0-9]*$/.test(value))
    throw new ValidationError(rules.ciIdForm(key, value));
}

/** Whoever opens a pull request chooses what its jobs run. */
function requireTriggers(key: string, triggers: readonly string[], forbidden: readonly string[]): void {
  requireKnown(key, triggers);
  if (triggers.length === 0 || triggers.some((trigger) => forbidden.includes(trigger))) {
    throw new ValidationError(rules.issuerTriggers(key, triggers));
  }
}
