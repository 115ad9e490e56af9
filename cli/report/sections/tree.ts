import type { Mesh, RootConfig } from "../../../config/mesh";
import { nameList } from "../../../lib/private/text";
import { plural, shortSerial, span } from "../../command-line/text";
import { alike, byUrgency, ONE_BY_ONE, type ReportedCluster, reportedClusters } from "../clusters";
import type { ReportFacts } from "../facts";
import { html, type Html, type Part } from "../html";
import { badge, day, term, type Section } from "./parts";

/** Roots, what they sign, and the gateways of each cluster. */
export function treeSection(facts: ReportFacts): Section {
  const { mesh, at, status } = facts;
  const clusters = reportedClusters(facts);
  const placed = (cluster: ReportedCluster) => cluster.runs?.signing ?? cluster.trust.signing;
  const names = [...new Set([...mesh.roots.map(({ name }) => name), ...clusters.map(placed)])];
  return {
    id: "tree",
    title: "Trust tree",
    body: html`
      <p class="lead">
        ${status ? "As it runs." : "As mesh.yaml declares it."} Each root with the clusters whose intermediate
        it signs, and their gateways.
      </p>
      <ul class="tree">
        ${names.map((name) => {
          const under = clusters.filter((cluster) => placed(cluster) === name);
          return html`<li class="root ${rootClass(mesh, name)}">
            ${rootBox(name, mesh, clusters)} ${under.length > 0 && branches(under, mesh, clusters.length, at)}
          </li>`;
        })}
      </ul>
    `,
  };
}

/** Its colour, in the order of mesh.yaml. */
export function rootClass({ roots }: Mesh, name: string): string {
  const place = roots.findIndex((root) => root.name === name);
  return place === -1 ? "root-unknown" : `root-${place % 6}`;
}

export function rootChips(mesh: Mesh, names: readonly string[]): Html {
  return html`${names.map((name) => html`<span class="chip ${rootClass(mesh, name)}">${name}</span> `)}`;
}

function rootBox(name: string, mesh: Mesh, clusters: readonly ReportedCluster[]): Html {
  const root = mesh.roots.find((candidate) => candidate.name === name);
  const actual = clusters.map(({ trust, runs }) => runs ?? trust);
  const signs = actual.filter(({ signing }) => signing === name).length;
  const trusting = actual.filter(({ bundle }) => bundle?.includes(name));
  return html`<div class="root-box">
    <h3>root ${name}</h3>
    <p>${root ? rootText(root) : "not in mesh.yaml"}</p>
    <p>signs for ${signs} of ${plural(clusters.length, "cluster")}, trusted by ${trusting.length}</p>
  </div>`;
}

function rootText(root: RootConfig): string {
  switch (root.source) {
    case "vault-pki":
      return `key in Vault's PKI engine · ${root.keyAlgorithm} · valid for ${root.validFor}`;
    case "tls-provider":
      return `key in Terraform's state · ${root.keyAlgorithm} · valid for ${root.validFor}`;
    case "existing":
      return `existing PKI mount ${root.mountPath}`;
    case "offline":
      return "offline: its key is outside of Vault";
  }
}

function branches(under: readonly ReportedCluster[], mesh: Mesh, total: number, at: Date): Html {
  const groups = alike(byUrgency(under), total);
  const [first, rest] = [groups.slice(0, ONE_BY_ONE), groups.slice(ONE_BY_ONE)];
  const cards = (some: typeof groups) =>
    html`<ul class="cards">
      ${some.map((group) => card(group, mesh, at))}
    </ul>`;
  return html`<div class="branches">
    ${cards(first)}
    ${
      rest.length > 0 &&
      html`<details>
        <summary>${plural(rest.flat().length, "more cluster")}</summary>
        ${cards(rest)}
      </details>`
    }
  </div>`;
}

function card(group: readonly ReportedCluster[], mesh: Mesh, at: Date): Html {
  const [cluster] = group;
  const { state, trust, runs, revisions, gateways, findings, unreachable } = cluster;
  const bundle = runs ? runs.bundle : trust.bundle;
  const drift = runs && {
    signing: runs.signing !== undefined && runs.signing !== trust.signing,
    bundle: bundle !== undefined && bundle.join() !== trust.bundle.join(),
  };
  return html`<li class="card ${state}">
    <h4>
      <span>${group.length === 1 ? cluster.name : plural(group.length, "cluster")}</span>
      ${state !== "declared" && badge(state)}
    </h4>
    ${group.length > 1 && names(group)}
    <dl>
      ${term("intermediate", intermediateText(group, at))}
      ${term("trusts", bundle ? rootChips(mesh, bundle) : "unknown")}
      ${drift?.signing && term("declared", html`signs with ${rootChips(mesh, [trust.signing])}`)}
      ${drift?.bundle && term("declared", html`trusts ${rootChips(mesh, trust.bundle)}`)}
      ${term("istiod", revisions.join(", "))}
      ${gateways.length > 0 && term(gateways.length === 1 ? "gateway" : "gateways", gatewayText(gateways))}
    </dl>
    ${unreachable !== undefined && html`<p class="note">unreachable: ${unreachable}</p>`}
    ${
      findings.length > 0 &&
      html`<p class="note">
        <a href="#findings">${nameList([...new Set(findings.map(({ rule }) => rule))], 4)}</a>
      </p>`
    }
  </li>`;
}

/** Their names; many fold. */
function names(group: readonly ReportedCluster[]): Html {
  const all = group.map(({ name }) => name);
  if (all.length <= 3) return html`<p>${all.join(", ")}</p>`;
  return html`<details>
    <summary>${nameList(all, 2)}</summary>
    <p>${all.join(", ")}</p>
  </details>`;
}

function intermediateText(group: readonly ReportedCluster[], at: Date): Part {
  const [{ declared, runs }] = group;
  const all = group.flatMap(({ intermediates }) => intermediates);
  if (all.length === 0) {
    const generation = "generation" in declared ? `, generation ${declared.generation}` : "";
    const text = `${declared.validFor}, ${declared.keyAlgorithm}, issuance ${declared.issuance}${generation}`;
    return runs ? `unknown; declared: ${text}` : text;
  }
  const ends = all.map(({ notAfter }) => notAfter).sort((one, other) => one.getTime() - other.getTime());
  const [first, last] = [ends[0], ends.at(-1)!];
  const left = span(Math.max(0, first.getTime() - at.getTime())).split(" ")[0];
  const until = day(first) === day(last) ? day(first) : `${day(first)} to ${day(last)}`;
  const serials = group.length === 1 && all.map(({ serial }) => shortSerial(serial)).join(" and ");
  return html`until ${until} (${left}) ${serials && html`<br /><small>serial ${serials}</small>`}`;
}

function gatewayText(gateways: ReportedCluster["gateways"]): Html {
  return html`${gateways.map(
    ({ name, certificate }, index) =>
      html`${index > 0 && ", "}${name} <small>${CERTIFICATES[certificate]}</small>`,
  )}`;
}

const CERTIFICATES: Readonly<Record<ReportedCluster["gateways"][number]["certificate"], string>> = {
  "vault-pki": "Vault PKI",
  "vault-kv": "Vault KV",
  none: "no certificate",
};
