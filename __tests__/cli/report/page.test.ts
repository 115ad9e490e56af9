import { page } from "../../../cli/report/page";
import { rules } from "../../../cli/status/rules";
import { findingsAt } from "../../../cli/status/status-finding";
import { PAGES } from "../../../lib/private/pages";
import { changedFacts, declaredFacts, liveFacts } from "../../support/report-facts";

const declared = declaredFacts(2);
const live = liveFacts(12);
const changed = changedFacts(2);

/** What a reader sees of a section: its words, one space between them. */
function section(html: string, id: string): string {
  const body = new RegExp(
    `<section id="${id}"[\\s\\S]*?\\n {10}</section>|<section id="${id}"[\\s\\S]*?</section>`,
  ).exec(html)![0];
  return body
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replace(/\s+/g, " ")
    .trim();
}

test("the same facts make the same bytes", () => {
  expect(page(liveFacts(2))).toBe(page(liveFacts(2)));
});

test("loads nothing and runs nothing: no script, no frame, no file, links alone", () => {
  for (const html of [page(declared), page(live), page(changed)]) {
    expect(html).not.toMatch(/<script|<iframe|<img|<link|<object|@import|url\(|\son\w+=|javascript:/i);
    const links = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target]) => target);
    expect(links.filter((link) => !link.startsWith("#") && !link.startsWith(`${PAGES}/docs/`))).toEqual([]);
  }
});

test("links to what it has, each id once", () => {
  const html = page(live);
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const within = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  expect(within.filter((id) => !ids.includes(id))).toEqual([]);
});

test("shows no secret and no markup of others, wherever it comes from", () => {
  const nasty = `hvs.CAESIJ-secret <script>alert(1)</script>`;
  const facts = {
    ...live,
    status: {
      ...live.status!,
      clusters: live.status!.clusters.map((view) => ({ ...view, unreachable: nasty, published: [nasty] })),
      findings: [findingsAt("cluster", "eu-1").found(rules.clusterNotAsked("context", nasty))],
    },
  };
  const html = page(facts);
  expect(html).not.toContain("CAESIJ");
  expect(html).not.toContain("<script");
  expect(html).toContain("(not shown) &lt;script&gt;alert(1)&lt;/script&gt;");
});

test("of mesh.yaml alone it shows what is declared, and says what it would take to know more", () => {
  const html = page(declared);
  expect(html).toContain("as mesh.yaml declares it, at 2026-11-29 15:00 UTC");
  expect(section(html, "tree")).toBe(
    "Trust tree As mesh.yaml declares it. Each root with the clusters whose intermediate it signs, and their gateways. " +
      "root 2024 key in Vault's PKI engine · ecdsa-p384 · valid for 10y signs for 1 of 2 clusters, trusted by 2 " +
      "us-1 intermediate 90d, ecdsa-p256, issuance external trusts 2024 2026 istiod 1.30.4 " +
      "root 2026 key in Vault's PKI engine · ecdsa-p384 · valid for 10y signs for 1 of 2 clusters, trusted by 2 " +
      "eu-1 intermediate 90d, ecdsa-p256, issuance external trusts 2024 2026 istiod 1.31.1 gateway ingress Vault PKI",
  );
  expect(section(html, "rotation")).toBe(
    "Rotation From 2024 to 2026, as declared. Each step in every cluster before the next in any. " +
      "trust 2026 2 of 2 clusters, done sign with 2026 1 of 2 clusters renew leaves proxies show it, with --live drop 2024 0 of 2 clusters " +
      "Whether the next step may be taken now needs access to the mesh, with --live. How a root is replaced",
  );
  expect(section(html, "findings")).toBe(
    "Findings and drift Nothing found in mesh.yaml. Drift needs access to the mesh, with --live.",
  );
  expect(section(html, "versions")).toBe(
    "Versions and their support As declared; days of upstream's support are those in tested versions . " +
      "Versions and their support component version clusters supported " +
      "Istio 1.31.1 eu-1 until about 2027-02-28 Istio 1.30.4 us-1 until about 2027-01-31 " +
      "Vault Agent hashicorp/vault:2.1.2 every cluster (2) until the next release",
  );
});

test("as it runs it shows drift, the next step and findings with their pages", () => {
  const html = page(live);
  expect(html).toContain("as it ran at 2026-11-29 15:00 UTC");
  const tree = section(html, "tree");
  expect(tree).toContain(
    "root 2026 key in Vault's PKI engine · ecdsa-p384 · valid for 10y signs for 3 of 12 clusters, trusted by 9",
  );
  expect(tree).toContain(
    "us-2 error intermediate until 2027-02-26 (89d) serial 32:e2:…:23 trusts 2024 declared signs with 2026 declared trusts 2024 2026",
  );
  expect(tree).toContain(
    "sa-1 unknown intermediate unknown; declared: 90d, ecdsa-p256, issuance external trusts unknown",
  );
  expect(section(html, "rotation")).toContain(
    "sign with 2026 3 of 12 clusters renew leaves 1 of 12 clusters drop 2024 0 of 12 clusters Next step, sign with 2026 in every cluster: not before 2026-11-30T09:12:00.000Z. How a root is replaced " +
      "error root 2026 may not sign before 2026-11-30T09:12:00.000Z: a proxy may have the previous bundle until its certificate expires, and these were not seen to have the new one: shop/cart-1 in eu-1 IV0724",
  );
  expect(section(html, "time")).toContain(
    "next step sign with 2026 in every cluster safe from 2026-11-30 09:12 UTC " +
      "2024 root › new root due 2034-08-01 · until 2034-10-30",
  );
  expect(section(html, "findings")).toContain(
    "differs from mesh.yaml error us-2, ap-2: publishes the bundle 2024, but mesh.yaml says 2024, 2026; " +
      "Vault holds 2024, 2026, which reaches istiod within 7m IV0712",
  );
  expect(html).toContain(`<a href="${PAGES}/docs/rules.md#iv0712">IV0712</a>`);
});

test("of a change it shows before and after, and whom it lets do more", () => {
  const html = page(changed);
  const change = section(html, "change");
  expect(change).toContain("us-1 starts to sign with root 2026; ap-1 joins the mesh");
  expect(change).toContain("8ab01ce against 4f2c9d1, its merge-base with main");
  expect(html).toContain('aria-label="trust before"');
  expect(section(html, "access")).toContain("What the change adds and removes is marked.");
});
