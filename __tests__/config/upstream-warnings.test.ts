import { upstreamWarnings } from "../../config/upstream-warnings";
import { type MeshChange, meshWith } from "../support/mesh-file";

/** What is found on a day: `cluster: message (rule)`. */
function found(day: string, change: MeshChange): string[] {
  return upstreamWarnings(meshWith(change), new Date(day)).map(
    ({ cluster, finding }) => `${cluster} ${finding.level}: ${finding.message} (${finding.rule})`,
  );
}

/** Cluster1 alone, with these sections. */
const one =
  (istio: object, agent: object = { image: "vault-agent" }): MeshChange =>
  (mesh) => {
    mesh.clusters.splice(1);
    Object.assign(mesh.istio, istio);
    mesh.agent = agent;
  };

describe("Istio", () => {
  const of = (day: string, version: string) => found(day, one({ version }));

  test.each([
    [
      "2026-11-28",
      "1.29.6",
      "Istio 1.29.6 has been out of support since 2026-10-12 and gets no more security fixes; upgrade to 1.31 (IV1001)",
    ],
    [
      "2026-10-12T23:59:59Z",
      "1.29.6",
      "Istio 1.29.6 is supported until 2026-10-12, for another 0 days; plan the upgrade to 1.31 (IV1002)",
    ],
    [
      "2026-12-02",
      "1.30.3",
      "Istio 1.30.3 is supported until about 2027-01-31, for another 60 days; plan the upgrade to 1.31 (IV1002)",
    ],
    [
      "2027-01-30T12:00:00Z",
      "1.30.0-rc.1",
      "Istio 1.30.0-rc.1 is supported until about 2027-01-31, for another 1 day; plan the upgrade to 1.31 (IV1002)",
    ],
    [
      "2027-03-01",
      "1.31.1",
      "Istio 1.31.1 has been out of support since about 2027-02-28 and gets no more security fixes; upgrade to a newer one, which a newer version of this program knows (IV1001)",
    ],
  ])("on %s, of %s", (day, version, message) => {
    expect(of(day, version)).toEqual([`cluster1 warning: ${message}`]);
  });

  test.each([
    ["2026-12-01", "1.30.3"],
    ["2026-11-28", "1.31.1"],
    ["2026-10-13", "1.29.6-solo"],
    ["2030-01-01", "1.30.3-tetratefips0"],
    ["2030-01-01", "1.99.0"],
  ])("on %s, nothing of %s", (day, version) => {
    expect(of(day, version)).toEqual([]);
  });

  test("is said once for each version, of each cluster that has it", () => {
    const revisions = { default: {}, same: {}, canary: { version: "1.31.1" } };
    const texts = found("2026-11-28", (mesh) => {
      mesh.agent = { image: "vault-agent" };
      Object.assign(mesh.istio, { version: "1.29.6", revisions });
      mesh.clusters[1].istio = { version: "1.31.1" };
    });
    expect(texts.map((text) => text.slice(0, 31))).toEqual(["cluster1 warning: Istio 1.29.6 "]);
  });
});

describe("the agent", () => {
  const of = (day: string, image: string) => found(day, one({ version: "1.99.0" }, { image }));

  test("of a line that has a successor is out of support", () => {
    expect(of("2026-11-28", "hashicorp/vault:1.21.4")).toEqual([
      "cluster1 warning: Vault Agent 1.21.4 has been out of support since 2026-04-14 and gets no more security fixes; upgrade to 2.1 (IV1001)",
    ]);
    expect(of("2026-11-28", "registry:5000/vault:1.15.0")[0]).toContain("out of support since 2025-10-22");
  });

  test("of the newest line, of another edition or of another maker is not", () => {
    for (const image of ["hashicorp/vault:2.1.2", "hashicorp/vault:1.21.9-ent", "openbao/openbao:2.6.2"]) {
      expect(of("2030-01-01", image)).toEqual([]);
    }
  });

  test("that does not start is told, on any day", () => {
    expect(of("2026-05-01", "hashicorp/vault:2.0.1")).toEqual([
      'cluster1 warning: "agent.image" is hashicorp/vault:2.0.1, with which the agent does not start: the image needs the capability IPC_LOCK, which the injector drops; use 1.21.7, 2.0.2 or later (IV1004)',
    ]);
  });
});

describe("a host that is taken down", () => {
  const keys = (change: MeshChange) =>
    found("2030-01-01", (mesh, directory) => {
      one({ version: "1.99.0" })(mesh, directory);
      change(mesh, directory);
    }).map((text) => /^cluster1 warning: "(.+)" uses .* \(IV1003\)$/.exec(text)?.[1] ?? text);
  const HUB = "gcr.io/istio-release";

  test("is told with the day, and with what to write", () => {
    expect(found("2026-11-28", one({ version: "1.99.0", imageHub: HUB }))).toEqual([
      'cluster1 warning: "istio.imageHub" uses gcr.io/istio-release, which Istio turns off for a day on 2026-12-08 and removes in December 2026; use docker.io/istio instead (IV1003)',
    ]);
  });

  test("is found wherever a host may be named", () => {
    expect(
      keys((mesh) => {
        Object.assign(mesh.istio, {
          chartRepository: `oci://${HUB}/charts`,
          imageHub: HUB,
          values: { global: { proxy: { image: HUB } } },
        });
        mesh.injector = { chartRepository: `oci://${HUB}`, image: HUB, values: { a: [HUB] } };
        mesh.agent = { image: `${HUB}/agent:1` };
        mesh.gateways = { ingress: { certificate: { source: "vault-kv" }, values: { a: HUB } } };
      }),
    ).toEqual([
      "istio.chartRepository",
      "istio.imageHub",
      "istio.values.global.proxy.image",
      "injector.chartRepository",
      "injector.image",
      "injector.values.a[0]",
      "agent.image",
      "gateways.ingress.values.a",
    ]);
  });

  test("is found in a revision, by its key there", () => {
    expect(keys((mesh) => (mesh.istio.revisions = { default: {}, new: { imageHub: HUB } }))).toEqual([
      "istio.revisions.new.imageHub",
    ]);
  });

  test("is not where charts come from a repository, a directory or by default", () => {
    expect(keys((mesh) => (mesh.istio.chartRepository = "https://charts.example.com"))).toEqual([]);
    expect(keys(() => {})).toEqual([]);
  });
});
