import { readFileSync } from "node:fs";
import { join } from "node:path";

const PROJECT = join(__dirname, "..", "..");

/** Where a command that a document shows is run: a file of tests, and a text in it that names the check. */
export interface Runner {
  readonly file: string;
  readonly text: string;
}

/** By `npm run test:package`, in a fresh clone in a temporary folder: anything that needs no engine. */
export const FRESH_CLONE: Runner = { file: "__tests__/package/fresh-clone.ts", text: "FRESH_CLONE" };

/** By the CI itself, in a clone of its own. */
const CI: Runner = { file: ".ci/run", text: "npm run check" };

/** By the package's tests, from the packed tarball. */
const PROGRAM: Runner = { file: "__tests__/package/install.ts", text: 'describe("a program made by init"' };

/** By npm run check. */
const check = (script: string): Runner => ({ file: "package.json", text: script });

/** By the tests of istio-vault issue. */
const issue = (text: string): Runner => ({ file: "__tests__/cli/issue/issue-command.test.ts", text });

/** By the tests of istio-vault rotate. */
const rotate = (text: string): Runner => ({
  file: "__tests__/cli/rotate/rotate-command.test.ts",
  text,
});

/** By a part of a scenario on real programs. */
const onNodes = (part: string, text: string): Runner => ({ file: `e2e/scenarios/${part}.ts`, text });

/** By the scenario proof. */
const ROTATE = onNodes("proof/index", '["--to", "b"]');

/** By the scenario ci, which takes them from docs/ci.md itself. */
const SET_UP = onNodes("ci/logins", "docs/ci.md writes policies and roles");

/** By the scenario ci as well, for each of the two CI systems. */
const DESTROY = onNodes("ci/convergence", "docs/ci.md destroys a stack from its record");

/** By the unit tests, against a stub of each service. */
const ENVIRONMENTS: Runner = {
  file: "__tests__/ci-scripts.test.ts",
  text: "shows what it would do, and changes nothing",
};

/** By the scenario incidents, which takes them from docs/incidents.md itself. */
const POD = onNodes("incidents/files", 'run("delete pod", cluster)');
const TOKENS = onNodes("incidents/tokens", 'run("auth/token/accessors")');
const SIGNED = onNodes("incidents/tokens", 'run("istio-root-a/certs")');
const ISSUER = onNodes("incidents/tokens", 'run("secret-id-accessor/destroy")');
const MADE = onNodes("incidents/tokens", 'run("vault auth list")');
const RESTART = onNodes("incidents/root", 'run("rollout restart deployment istiod", cluster)');

const SAVED_FILES = onNodes("vault-lost", 'shellBlock(INCIDENTS, "cat /vault/secrets/")');

const PUT_BACK = onNodes("vault-lost", 'shellBlock(INCIDENTS, "vault kv put")');

/** By the scenario revisions, which takes them from docs/upgrade-istio.md itself. */
const UPGRADE = onNodes("revisions/index", "the page's commands find who still uses the other");

/** By npm run test:cdktn, which takes them from docs/cdktn.md itself. */
const MOVE: Runner = { file: "__tests__/package/test-cdktn.mjs", text: "## Move this program" };

/** By the scenario plain-terraform, which takes them from docs/plain-terraform.md itself. */
const HANDOVER = onNodes("plain-terraform", "the page's commands hand the stacks over");

/** By the scenario move-states, which takes them from docs/move-states.md itself. */
const MOVED = onNodes("move-states", "shellBlock(PAGE, text)");

/** By the scenario cdktn, with each command of the fork in place of cdktf's. */
const CDKTN: Runner = { file: "e2e/scenarios/cdktn.ts", text: 'variant: { core: "cdktn" }' };

/** The documents whose commands must be run by something. */
export const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/ci.md",
  "docs/issuance.md",
  "docs/rotate-a-root.md",
  "docs/incidents.md",
  "docs/upgrade-istio.md",
  "docs/cdktn.md",
  "docs/plain-terraform.md",
  "docs/move-states.md",
  "help",
];

/** Every command of these documents, as it stands there, and what runs it. A new command gets a line here. */
export const documentedCommands: Readonly<Record<string, Runner>> = {
  "npm ci": FRESH_CLONE,
  "npm start": FRESH_CLONE,
  "npm run tested-versions": FRESH_CLONE,
  "npm run dashboard": FRESH_CLONE,
  "npm run pictures": { file: "__tests__/programs/report.ts", text: "npm run pictures" },
  "npx cdktf-istio-vault init mesh": PROGRAM,
  "cd mesh": PROGRAM,
  "npm pack": { file: "__tests__/package/install.ts", text: '"npm", ["pack"' },
  "npm test": check("npm test && npm run test:programs"),
  "npm run unit": check("npm run lint && npm run unit"),
  "npm run test:programs": check("npm test && npm run test:programs"),
  "npm run e2e": check("npm run e2e"),
  "npm run e2e all": { file: "e2e/run.ts", text: 'ALL = "all"' },
  "npm run fuzz": check("npm run fuzz"),
  "npm run check": CI,
  "npm run programs": { file: "__tests__/programs/demo.ts", text: "e2e/fetch/run.ts" },
  "npm run demo": onNodes("demo", '["run", "--silent", "demo"]'),
  "npx cdktf deploy '*'": { file: "e2e/demo/run.ts", text: "deployAll" },
  "npx cdktf deploy 'vault-*'": onNodes("article/first-deploy", "Vault's stacks deploy"),
  "npx cdktf deploy cluster1 --ignore-missing-stack-dependencies": onNodes(
    "article/interrupted-deploy",
    "a cluster converges",
  ),
  "npx cdktf deploy cluster2 --ignore-missing-stack-dependencies": onNodes(
    "article/interrupted-deploy",
    "the other cluster deploys",
  ),
  "npx cdktf diff <stack>": onNodes("demo", "cdktf diff vault-cluster1"),
  "npx cdktf diff vault-shared": onNodes("demo", "cdktf diff vault-cluster1"),
  "npx cdktf diff vault-cluster1": onNodes("demo", "cdktf diff vault-cluster1"),
  "npx cdktf diff cluster1": onNodes("demo", "cdktf diff cluster1"),
  "npm run --silent istio-vault -- policy deployer": FRESH_CLONE,
  "npm run --silent istio-vault -- policy planner | vault policy write istio-planner -": {
    file: "e2e/identity.ts",
    text: '"run", "--silent", "istio-vault", "--", "policy"',
  },
  "npm run istio-vault -- issue --due": issue('issue(["--due"])'),
  "npm run --silent istio-vault -- issue --all": issue('issue(["--all"])'),
  "npm run --silent istio-vault -- issue --due --dry-run": issue('issue(["--due", "--dry-run"'),
  "npm run --silent istio-vault -- issue --cluster cluster1 --csr-out cluster1.csr": issue(
    'issue(["--cluster", "cluster1", "--csr-out"',
  ),
  "npm run --silent istio-vault -- issue --cluster cluster1 --certificate-in cluster1.pem": issue(
    'issue(["--cluster", "cluster1", "--certificate-in"',
  ),
  "npm run --silent istio-vault -- status": {
    file: "__tests__/cli/status/status-command.test.ts",
    text: "a mesh that is well ends with 0",
  },
  "npm run --silent istio-vault -- report > report.html": FRESH_CLONE,
  "npm run --silent istio-vault -- alerts": FRESH_CLONE,
  "npm run --silent istio-vault -- show cluster1": FRESH_CLONE,
  "npm run --silent istio-vault -- lint --directory ca-files": {
    file: "__tests__/cli/lint/command.test.ts",
    text: "says that sound files are fine",
  },
  "npm run --silent istio-vault -- review --base main": {
    file: "__tests__/programs/review.ts",
    text: 'runCommand(["review", ...args], env)',
  },
  "vault auth enable -path=ci jwt": SET_UP,
  "vault write auth/ci/config oidc_discovery_url=https://token.actions.githubusercontent.com bound_issuer=https://token.actions.githubusercontent.com":
    SET_UP,
  "npm run --silent istio-vault -- policy deployer | vault policy write istio-deployer -": SET_UP,
  "npm run --silent istio-vault -- policy status | vault policy write istio-status -": SET_UP,
  "vault write auth/ci/role/istio-planner @ci/vault/istio-planner.json": SET_UP,
  "vault write auth/ci/role/istio-drift @ci/vault/istio-drift.json": SET_UP,
  "git fetch origin refs/deployed/cluster3": DESTROY,
  "mkdir -p removed/cluster3": DESTROY,
  "git archive FETCH_HEAD | tar -x -C removed/cluster3": DESTROY,
  "terraform -chdir=removed/cluster3 init": DESTROY,
  "terraform -chdir=removed/cluster3 destroy": DESTROY,
  "git push origin :refs/deployed/cluster3": DESTROY,
  'GITHUB_REPOSITORY=acme/mesh GH_TOKEN=$(gh auth token) APPROVERS=\'[{"type": "Team", "id": 123}]\' ci/environments':
    ENVIRONMENTS,
  "CI_API_V4_URL=https://gitlab.example.com/api/v4 CI_PROJECT_ID=123456789 GITLAB_TOKEN=$(cat token) APPROVERS='[{\"group_id\": 123}]' ci/environments":
    ENVIRONMENTS,
  "vault write auth/ci/role/istio-deployer @ci/vault/istio-deployer.json": SET_UP,
  "vault write auth/ci/role/istio-status @ci/vault/istio-status.json": SET_UP,
  "npm run --silent istio-vault -- rotate --to b": ROTATE,
  "npm run --silent istio-vault -- rotate --to b --wait 10m --write": rotate("writes the step"),
  "npm run --silent istio-vault -- rotate --to b --wait 10m --deploy": ROTATE,
  "npm run --silent istio-vault -- rotate --stolen-intermediate cluster1/74247cd7afe57c6c87af64d8eac4f194140988c0 --wait 10m --deploy":
    onNodes("revocation/index", '"--stolen-intermediate"'),
  "npm run --silent istio-vault -- status --gate --wait 10m": onNodes(
    "proof/index",
    '["--gate", ...options]',
  ),
  "npm run istio-vault -- issue --cluster cluster1": issue('issue(["--cluster", "cluster1"'),
  "terraform -chdir=cdktf.out/stacks/vault-cluster1 state pull | grep -o 'BEGIN [A-Z ]*PRIVATE KEY' | wc -l":
    onNodes("incidents/files", 'shellBlock(PAGE, "state pull")'),
  "kubectl --context cluster1 -n istio-system delete pod -l app=istiod": POD,
  "sleep 15": POD,
  "vault token revoke -mode=path auth/kubernetes-cluster1": POD,
  "for accessor in $(vault list -format=json auth/token/accessors | jq -r '.[]'); do": TOKENS,
  'vault token lookup -format=json -accessor "$accessor" || continue': TOKENS,
  "done | jq -r '.data | [.accessor, .path, (.policies | join(\" \")), .display_name] | @tsv'": TOKENS,
  "vault list -format=json istio-root-a/certs | jq -r '.[]' | while read -r serial; do": SIGNED,
  'vault read -field=certificate "istio-root-a/cert/$serial" | openssl x509 -noout -serial -startdate -subject -nameopt RFC2253':
    SIGNED,
  "vault list -format=json auth/istio-issuer/role/istio-issuer/secret-id | jq -r '.[]' | while read -r accessor; do":
    ISSUER,
  'vault write auth/istio-issuer/role/istio-issuer/secret-id-accessor/destroy secret_id_accessor="$accessor"':
    ISSUER,
  "vault token revoke -mode=path auth/istio-issuer": ISSUER,
  "vault audit list": MADE,
  "vault auth list": MADE,
  "vault secrets list": MADE,
  "vault policy list": MADE,
  "kubectl --context cluster1 -n istio-system rollout restart deployment istiod": RESTART,
  "kubectl --context cluster1 -n istio-system rollout status deployment istiod": RESTART,
  'kubectl --context cluster1 annotate pods --all --all-namespaces --overwrite roots="$(date +%s)"': onNodes(
    "incidents/root",
    'run("annotate pods", cluster)',
  ),
  "npm run istio-vault -- issue --all": onNodes("vault-lost", 'rotation.issue("--all")'),
  "umask 077": SAVED_FILES,
  "for file in ca-key ca-cert cert-chain; do": SAVED_FILES,
  "kubectl --context cluster1 -n istio-system exec deployment/istiod -c vault-agent -- cat /vault/secrets/$file.pem > $file.pem":
    SAVED_FILES,
  done: SAVED_FILES,
  "vault kv put -cas=0 -mount=kubernetes-cluster1-secrets istiod-service/certs ca_key=@ca-key.pem ca_cert=@ca-cert.pem cert_chain=@cert-chain.pem":
    PUT_BACK,
  "rm ca-key.pem ca-cert.pem cert-chain.pem": PUT_BACK,
  "kubectl label namespace shop istio-injection- istio.io/rev=1-31-1 --overwrite": UPGRADE,
  "kubectl --namespace shop rollout restart deployment": UPGRADE,
  "kubectl get namespaces --label-columns istio-injection,istio.io/rev": UPGRADE,
  "kubectl get pods --all-namespaces --output json |": UPGRADE,
  'jq -r \'.items[].metadata | select(.annotations["istio.io/rev"] == "default") | "\\(.namespace)/\\(.name)"\'':
    UPGRADE,
  "npm pkg set devDependencies.cdktf=npm:cdktn@0.24.0 devDependencies.constructs=10.7.2 overrides.cdktf='$cdktf'":
    MOVE,
  "npm pkg delete devDependencies.cdktf-cli": MOVE,
  "npm install": MOVE,
  "npm run test:cdktn": check("npm run test:cdktn"),
  "npm install --save-dev cdktn-cli@0.24.0": CDKTN,
  "npx cdktn deploy 'vault-*'": CDKTN,
  "(set -eu": MOVED,
  "stacks=cdktf.out/stacks": MOVED,
  'mkdir -p "$stacks/vault-root"': MOVED,
  'jq \'{terraform: {backend: .terraform.backend}} | walk(if type == "string" then sub("vault-shared"; "vault-root") else . end)\' "$stacks/vault-shared/cdk.tf.json" > "$stacks/vault-root/cdk.tf.json"':
    MOVED,
  'terraform -chdir="$stacks/vault-root" init': MOVED,
  'terraform -chdir="$stacks/vault-root" state pull > vault-root.tfstate': MOVED,
  "cp vault-root.tfstate left.tfstate": MOVED,
  "for stack in $(jq --raw-output '.stacks | keys[] | select(startswith(\"vault-\"))' cdktf.out/manifest.json); do":
    MOVED,
  "made='.mode == \"managed\" and $stack[0].resource[.type][.name] != null'": MOVED,
  'jq --slurpfile stack "$stacks/$stack/cdk.tf.json" ".resources |= map(select($made)) | .lineage += \\"-$stack\\"" vault-root.tfstate > "$stack.tfstate"':
    MOVED,
  "jq --exit-status '.resources != []' \"$stack.tfstate\" > /dev/null || continue": MOVED,
  'terraform -chdir="$stacks/$stack" init': MOVED,
  'terraform -chdir="$stacks/$stack" state push -force - < "$stack.tfstate"': MOVED,
  'jq --slurpfile stack "$stacks/$stack/cdk.tf.json" ".resources |= map(select($made | not))" left.tfstate > rest.tfstate':
    MOVED,
  "mv rest.tfstate left.tfstate": MOVED,
  "jq '.serial += 1' left.tfstate | terraform -chdir=\"$stacks/vault-root\" state push -)": MOVED,
  "terraform -chdir=cdktf.out/stacks/vault-root state list": MOVED,
  "mkdir -p taken": MOVED,
  'terraform -chdir="cdktf.out/stacks/$stack" init': MOVED,
  'terraform -chdir="cdktf.out/stacks/$stack" state pull > "taken/$stack.tfstate"': MOVED,
  'jq --slurp \'.[0] * {lineage: "\\(.[0].lineage)-vault-root", resources: map(.resources[] | select(.mode == "managed"))}\' taken/*.tfstate > taken/all.json)':
    MOVED,
  "terraform -chdir=cdktf.out/stacks/vault-root init": MOVED,
  "terraform -chdir=cdktf.out/stacks/vault-root state push -force - < taken/all.json": MOVED,
  "npx cdktf diff vault-root": onNodes("move-states", "deployment.plan(OLD)"),
  "npx cdktf synth": HANDOVER,
  "mkdir -p ../handover": HANDOVER,
  "cp --recursive cdktf.out/stacks/. ../handover": HANDOVER,
  "cd ../handover/vault-shared": HANDOVER,
  "terraform init -backend-config=path=../terraform.vault-shared.tfstate": HANDOVER,
  "terraform apply": HANDOVER,
  "npx cdktf synth --hcl": onNodes("plain-terraform", '"--hcl"'),
  "npm run e2e status": { file: "e2e/scenarios/status.ts", text: "scenario(" },
  "npm run e2e article": { file: "e2e/scenarios/article.ts", text: "article()" },
  "npm run e2e rotation": { file: "e2e/scenarios/rotation.ts", text: "rotation()" },
  "npm run e2e proof": { file: "e2e/scenarios/proof.ts", text: "proof()" },
  "npm run e2e proof-two-below": { file: "e2e/scenarios/proof-two-below.ts", text: "proof(" },
  "npm run e2e revocation": { file: "e2e/scenarios/revocation.ts", text: "revocation()" },
  "npm run e2e trust-broken": { file: "e2e/scenarios/trust-broken.ts", text: "scenario(" },
  "npm run e2e incidents": { file: "e2e/scenarios/incidents.ts", text: "scenario(" },
  "npm run e2e upgrade": { file: "e2e/scenarios/upgrade.ts", text: "scenario(" },
  "npm run e2e vault-lost": { file: "e2e/scenarios/vault-lost.ts", text: "scenario(" },
  "npx cdktf destroy": onNodes("article/destroy", "the clusters' stacks are destroyed"),
  "npx cdktf destroy vault-cluster1 --ignore-missing-stack-dependencies": onNodes(
    "article/destroy",
    "with preventDestroy: false they are destroyed",
  ),
};

/** The commands a document shows: in `sh` blocks, in running text, and in the left column of `help`. */
export function commandsOf(document: string): string[] {
  const text = readFileSync(join(PROJECT, document), "utf8");
  if (!document.endsWith(".md")) {
    return [...text.matchAll(/^ {4}((?:npm|npx) .*?)(?: {2,}.*)?$/gm)].map(([, command]) => command);
  }
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block);
  const lines = blocks.flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));
  const inline = [...text.matchAll(/`((?:npm|npx) [^`]+)`/g)].map(([, command]) => command);
  const commands = lines.map((line) =>
    line
      .replace(/(^|\s)#.*$/, "")
      .replace(/\s+/g, " ")
      .trim(),
  );
  return [...new Set([...commands.filter((command) => command !== ""), ...inline])];
}
