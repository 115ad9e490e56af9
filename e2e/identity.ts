import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Identity } from "../stacks/identity-policies";
import { output } from "./command";
import type { Rig } from "./rig";
import { vaultCli } from "./vault-cli";

const PROJECT = resolve(__dirname, "..");

/** Capabilities or operations, by path. */
export type ByPath = ReadonlyMap<string, ReadonlySet<string>>;

/** One of those who need a token of Vault's: its policy, and a token that holds nothing else. */
export class IdentityOfVault {
  /** Everything any of its policies allowed so far. */
  public readonly allowed = new Map<string, Set<string>>();
  private held?: string;

  constructor(
    private readonly rig: Rig,
    private readonly name: Identity,
  ) {}

  public get token(): string {
    if (this.held === undefined) throw new Error(`no token was made for the ${this.name}`);
    return this.held;
  }

  /** Writes its policy for these mesh.yaml to Vault, as an administrator does. */
  public async allow(...meshFiles: string[]): Promise<void> {
    const options = meshFiles.flatMap((file) => ["--mesh", file]);
    const command = ["run", "--silent", "istio-vault", "--", "policy", this.name];
    const policy = await output("npm", [...command, ...options], { cwd: PROJECT });
    await vaultCli(this.rig, ["policy", "write", this.policyName, "-"], policy);
    for (const [, path, list] of policy.matchAll(/^path "(.+)" \{\n +capabilities = \[(.+)\]/gm)) {
      for (const capability of list!.matchAll(/\w+/g)) add(this.allowed, path!, capability[0]);
    }
    const alone = ["-orphan", "-no-default-policy", `-policy=${this.policyName}`, "-ttl=1h", "-field=token"];
    this.held ??= (await vaultCli(this.rig, ["token", "create", ...alone])).trim();
  }

  /** What its token was used for with success, as Vault's audit log has it. */
  public used(): ByPath {
    const used = new Map<string, Set<string>>();
    for (const line of readFileSync(this.rig.vault.auditLog, "utf8").trim().split("\n")) {
      const { type, error, auth, request } = JSON.parse(line) as AuditEntry;
      const ours = type === "request" && error === undefined && auth?.policies?.includes(this.policyName);
      if (ours) add(used, request.path, request.operation);
    }
    return used;
  }

  private get policyName(): string {
    return `istio-${this.name}`;
  }
}

interface AuditEntry {
  readonly type: "request" | "response";
  readonly error?: string;
  readonly auth?: { readonly policies?: readonly string[] };
  readonly request: { readonly path: string; readonly operation: string };
}

function add(map: Map<string, Set<string>>, path: string, value: string): void {
  map.set(path, (map.get(path) ?? new Set()).add(value));
}
