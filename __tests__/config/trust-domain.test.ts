import { trustDomainFindings } from "../../config/trust-transition";

const said = (...[from, to]: [[string, ...string[]], [string, ...string[]]]) =>
  trustDomainFindings(
    { trustDomain: from[0], trustDomainAliases: from.slice(1) },
    { trustDomain: to[0], trustDomainAliases: to.slice(1) },
  ).map(({ message, rule }) => `${message} (${rule})`);

test("a trust domain is accepted everywhere before it becomes the mesh's", () => {
  expect(said(["old"], ["new", "old"])).toEqual([
    'the trust domain would change from old to new, and new was no alias of it before; workloads would refuse each other as long as some have certificates of the one and some of the other; first a change that adds new to "mesh.trustDomainAliases", deployed to every cluster, then one that makes it "mesh.trustDomain" and keeps old as an alias (IV0626)',
  ]);
  expect(said(["old"], ["old", "new"])).toEqual([]);
  expect(said(["old", "new"], ["new", "old"])).toEqual([]);
  expect(said(["old", "new"], ["new"])).toHaveLength(1);
});
