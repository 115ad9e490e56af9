import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import type { ClusterApi } from "../../../cli/kubernetes/cluster-api";
import { askIstiod } from "../../../cli/status/ask-istiod";
import { isSignedBy } from "../../../cli/status/certificates";
import { known, unknown } from "../../../cli/status/facts";
import { probeRequest } from "../../../cli/status/istiod-ca";
import { FakeIstiod, type FakeIstiodOptions } from "../../support/fake-istiod";
import { certificateOf, RunningMesh } from "../../support/running-mesh";
import { inDays, TestCa } from "../../support/test-ca";

let running: RunningMesh;
let csr: string;
beforeAll(async () => {
  [running, csr] = await Promise.all([RunningMesh.create(), probeRequest()]);
});

const started: { stop: () => void }[] = [];
afterEach(() => started.splice(0).forEach((it) => it.stop()));

async function istiod(change: Partial<FakeIstiodOptions> = {}): Promise<FakeIstiod> {
  const { intermediate } = running.signers.a;
  const [chain, bundle] = [intermediate.pem, running.roots.a.pem];
  const fake = await FakeIstiod.start({ intermediate, chain, bundle, token: "right", ...change });
  started.push(fake);
  return fake;
}

function ask(
  address: string,
  {
    roots = running.roots.a.pem,
    token = known("right") as ReturnType<typeof known<string>> | ReturnType<typeof unknown>,
    trouble = undefined as string | undefined,
  } = {},
) {
  const forward: ClusterApi["forward"] = async () => ({ address, trouble: () => trouble, close: () => {} });
  const pod = { name: "istiod-1", labels: {}, ready: true, startedAt: inDays(-1) };
  const question = { clusterName: "cluster1", roots, token, csr };
  return askIstiod({ forward } as ClusterApi, pod, question);
}

test("tells what istiod signs with, and which roots it answers with", async () => {
  const fake = await istiod({ bundle: running.roots.a.pem + running.roots.b.pem });
  const { pod, reached, signed } = await ask(fake.address);
  expect(pod).toBe("istiod-1");
  expect(reached).toMatchObject({ known: true, value: { refused: undefined } });
  if (!signed.known) throw new Error(signed.reason);
  const [leaf, intermediate] = signed.value.chain;
  expect(isSignedBy(leaf, intermediate)).toBe(true);
  expect(intermediate.fingerprint256).toBe(certificateOf(running.signers.a.intermediate).fingerprint256);
  expect(signed.value.bundle).toHaveLength(2);
  expect(fake.clusterIds).toEqual(["cluster1"]);
});

describe("tells why a sidecar refuses", () => {
  async function refusal(change: Partial<FakeIstiodOptions>, roots?: string) {
    const { reached, signed } = await ask((await istiod(change)).address, { roots });
    expect(signed).toEqual(unknown("its own certificate is not accepted"));
    return reached.known ? reached.value.refused : reached;
  }

  test("a chain without the intermediate", async () => {
    expect(await refusal({ chain: running.roots.a.pem })).toBe(
      "the intermediate that signed it is not in its chain",
    );
  });

  test("an expired intermediate", async () => {
    const dates = { notBefore: inDays(-3), notAfter: inDays(-1) };
    const intermediate = await TestCa.issue({
      name: "Old",
      issuer: running.roots.a,
      pathLength: 0,
      ...dates,
    });
    expect(await refusal({ intermediate, chain: intermediate.pem })).toBe(
      "a certificate of its chain has expired",
    );
  });

  test("an intermediate that may not sign", async () => {
    const { cRLSign } = x509.KeyUsageFlags;
    const refused = async (wrong: object) => {
      const intermediate = await TestCa.issue({ name: "No CA", issuer: running.roots.a, ...wrong });
      return refusal({ intermediate, chain: intermediate.pem });
    };
    expect(await refused({ ca: false })).toBe("a CA of its chain may not sign certificates");
    expect(await refused({ keyUsage: cRLSign })).toBe("a certificate of its chain may not be used as it is");
  });

  test("a root that is not published", async () => {
    expect(await refusal({}, running.roots.b.pem)).toBe("its chain does not lead to a published root");
    expect(
      await refusal({ chain: running.signers.a.intermediate.pem + running.roots.a.pem }, running.roots.b.pem),
    ).toBe("its chain ends at a root that is not published");
  });

  test("another name", async () => {
    expect(await refusal({ name: "elsewhere.example.com" })).toBe("it is not for istiod.istio-system.svc");
  });
});

test("fails to have signed with a token istiod does not take, and sends none it has not", async () => {
  const fake = await istiod();
  expect((await ask(fake.address, { token: known("wrong") })).signed).toEqual(
    unknown("request authenticate failure"),
  );
  expect((await ask(fake.address, { token: unknown("no ServiceAccount") })).signed).toEqual(
    unknown("no ServiceAccount"),
  );
  expect(fake.clusterIds).toEqual([]);
});

test("tells what kept it from being reached, in the cluster's words where it has any", async () => {
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  started.push({ stop: () => server.close() });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { reached } = await ask(address);
  expect(reached.known).toBe(false);
  expect((await ask(address, { trouble: "no pod runs here" })).reached).toEqual(unknown("no pod runs here"));
});
