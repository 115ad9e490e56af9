import {
  GOING_HOSTS,
  ISTIO_MINORS,
  PROVIDERS,
  type ReleaseLine,
  VAULT_CHANGES,
  VAULT_LINES,
} from "../../../lib/private/upstream";
import { agentTrap, goingHosts, supportOf, vaultVersionOf } from "../../../lib/private/upstream-facts";

describe("the table", () => {
  test.each<[string, readonly ReleaseLine[]]>([
    ["Istio's", ISTIO_MINORS],
    ["Vault's", VAULT_LINES],
  ])("%s lines are in order, one after the other, each with its days", (_, lines) => {
    const days = lines.map(({ firstDay, lastDay }) => [firstDay, lastDay ?? "9999-12-31"]);
    for (const day of days.flat()) expect(new Date(day).toISOString().slice(0, 10)).toBe(day);
    for (const [first, last] of days) expect(first < last).toBe(true);
    expect(days.map(([first]) => first)).toEqual(days.map(([first]) => first).sort());
    expect(lines.map(({ line }) => line)).toEqual(
      lines.map(({ line }) => line).sort((one, other) => one.localeCompare(other, "en", { numeric: true })),
    );
  });

  test("each row says where it was read, or what was run", () => {
    const rows = [...ISTIO_MINORS, ...VAULT_LINES, ...Object.values(PROVIDERS)];
    for (const { run, read } of rows) expect([...read, ...(run === undefined ? [] : [run])]).not.toEqual([]);
    for (const { read } of VAULT_CHANGES) expect(read).not.toEqual([]);
  });

  test("no host stands before one that begins with it, or the more exact one would not be found", () => {
    const hosts = GOING_HOSTS.map(({ host }) => host);
    for (const [index, host] of hosts.entries()) {
      expect(hosts.slice(index + 1).filter((later) => later.startsWith(`${host}/`))).toEqual([]);
    }
    // What to write is not on a host that goes itself.
    expect(GOING_HOSTS.flatMap(({ instead }) => goingHosts(instead, ""))).toEqual([]);
  });

  test("a provider's default is of its major version", () => {
    for (const { constraint, major } of Object.values(PROVIDERS)) {
      expect(constraint).toMatch(new RegExp(`^~> ${major}\\.\\d+$`));
    }
  });
});

describe("support", () => {
  const lines: ReleaseLine[] = [
    { line: "1.9", firstDay: "2026-01-01", lastDay: "2026-06-30", read: [] },
    { line: "1.10", firstDay: "2026-04-01", lastDay: "2026-09-30", expected: true, read: [] },
    { line: "1.11", firstDay: "2026-07-01", read: [] },
  ];

  test.each([
    ["1.9.3", { line: "1.9", lastDay: "2026-06-30", expected: false }],
    ["1.10.0-rc.0", { line: "1.10", lastDay: "2026-09-30", expected: true }],
    ["1.11.4", { line: "1.11", lastDay: undefined, expected: false }],
    ["1.8.0", { line: "1.8", lastDay: "2026-01-01", expected: false }],
    ["0.99.0", { line: "0.99", lastDay: "2026-01-01", expected: false }],
    ["1.12.0", undefined],
    ["2.0.0", undefined],
  ])("of %s", (version, support) => {
    expect(supportOf(lines, version)).toEqual(support);
  });
});

test.each([
  ["hashicorp/vault:1.21.4", "1.21.4"],
  ["docker.io/hashicorp/vault:2.0.1-rc1", "2.0.1-rc1"],
  ["registry:5000/mirror/vault:2.1.2@sha256:00", "2.1.2"],
  ["vault:1.13.3", "1.13.3"],
  ["hashicorp/vault:1.21.4-ent", undefined],
  ["hashicorp/vault-enterprise:1.21.4-ent", undefined],
  ["hashicorp/vault:1.21", undefined],
  ["hashicorp/vault:v1.21.4", undefined],
  ["registry:5000/vault", undefined],
  ["openbao/openbao:2.6.2", undefined],
  ["my-vault:1.21.4", undefined],
  ["", undefined],
])("the Vault of %s is %s", (image, version) => {
  expect(vaultVersionOf(image)).toBe(version);
});

test.each(["1.21.6", "2.0.1"])("the agent of hashicorp/vault:%s does not start", (version) => {
  expect(agentTrap(`hashicorp/vault:${version}`)?.what).toContain("IPC_LOCK");
});

test.each(["1.21.4", "1.21.5", "1.21.7", "2.0.0", "2.0.2", "2.1.2"])(
  "the agent of hashicorp/vault:%s starts",
  (version) => {
    expect(agentTrap(`hashicorp/vault:${version}`)).toBeUndefined();
  },
);

describe("hosts that are taken down", () => {
  const found = (value: unknown) =>
    goingHosts(value, "values").map(({ path, host, instead }) => [path, host, instead]);

  test.each([
    ["gcr.io/istio-release", "gcr.io/istio-release", "docker.io/istio"],
    ["gcr.io/istio-release/proxyv2:1.29.6", "gcr.io/istio-release", "docker.io/istio"],
    ["oci://gcr.io/istio-release/charts", "gcr.io/istio-release/charts", "ghcr.io/istio/release/charts"],
    ["cache.example.com/gcr.io/istio-release", "gcr.io/istio-release", "docker.io/istio"],
    ["registry.istio.io/release", "registry.istio.io/release", "docker.io/istio"],
    ["https://registry.istio.io", "registry.istio.io", "docker.io/istio"],
    ["registry.istio.io/testing/pilot:latest", "registry.istio.io", "docker.io/istio"],
    [
      "https://istio-release.storage.googleapis.com/charts",
      "istio-release.storage.googleapis.com",
      "blob.istio.io/istio-release",
    ],
    ["image: gcr.io/istio-release/pilot:1.29.6\nother: x", "gcr.io/istio-release", "docker.io/istio"],
  ])("%s names one", (text, host, instead) => {
    expect(found(text)).toEqual([["values", host, instead]]);
  });

  test.each([
    "docker.io/istio",
    "eu.gcr.io/istio-release",
    "mirror-gcr.io/istio-release",
    "gcr.io/istio-release-mirror",
    "gcr.io/istio-testing",
    "gcrXio/istio-release",
    "registry.istio.io.example.com/release",
    "https://blob.istio.io/istio-release/charts",
  ])("%s names none", (text) => {
    expect(found(text)).toEqual([]);
  });

  test("are found at any depth, by where they stand", () => {
    const values = {
      global: { hub: "gcr.io/istio-release" },
      list: [{ image: "registry.istio.io/release/pilot" }, 1],
    };
    expect(found(values)).toEqual([
      ["values.global.hub", "gcr.io/istio-release", "docker.io/istio"],
      ["values.list[0].image", "registry.istio.io/release", "docker.io/istio"],
    ]);
  });

  test("are not looked for in what Terraform fills in", () => {
    class Reference {
      public readonly itself = this;
    }
    expect(found({ a: new Reference(), b: null, c: undefined })).toEqual([]);
  });
});
