import assert from "node:assert/strict";
import { output } from "../command";
import { VAULT_STACKS } from "../deployment";
import { IntermediateSecret } from "../intermediate-secret";
import { istioSection, type MeshSettings } from "../mesh-file";
import type { Rig } from "../rig";
import { check, note, part, scenario, step, type World } from "../scenario";
import { TRAFFIC_NAMESPACE } from "../traffic/objects";
import { delay, waitFor } from "../wait";
import { signWorkload } from "../workload-certificate";
import { certificates } from "../x509";
import { handshake } from "./clocks/handshake";
import { type Refusal, WrongClocks } from "./clocks/wrong-clocks";
import { RENEWED_EACH_MINUTE } from "./rotation/mesh";

const CLUSTER = "cluster1";

/**
 * Seconds that an Envoy's clock is ahead. Leaves are dated back by 120 and intermediates by 30; a leaf is renewed 60 before
 * it expires.
 */
const [FAR_BEHIND, BEHIND, LITTLE_BEHIND, LITTLE_AHEAD, AHEAD] = [-140, -110, -25, 50, 80] as const;

let clocks: WrongClocks;
/** The serial number of the first intermediate. */
let first: string;
/** From when on failures are looked at, and which there were. */
let from: number;
let refusals: readonly Refusal[];

/** docs/recovery.md, when a clock is wrong: the clocks of Envoys are, not those of their agents and nodes. */
scenario({ clusters: [CLUSTER], needs: ["datefudge"] }, () => {
  part("leaves of two minutes", () => {
    step("a mesh deploys", async ({ rig, deployment, traffic }) => {
      deployment.configure(mesh(rig));
      await deployment.deploy(VAULT_STACKS);
      await deployment.deploy(CLUSTER);
      await traffic.start(rig.clusters);
      first = (await new IntermediateSecret(rig, CLUSTER).record()).serial!;
    });
    step("clients and servers start whose Envoys' clocks are wrong", async ({ rig }) => {
      clocks = new WrongClocks(rig.cluster(CLUSTER), [
        ...[FAR_BEHIND, BEHIND, LITTLE_BEHIND],
        ...[LITTLE_AHEAD, AHEAD],
      ]);
      await clocks.start();
    });
    step("every leaf is renewed, and new connections alone are refused", async (world) => {
      await observe(world, () => delay(70));
      for (const { what } of refusals) assert.match(what, /^(HTTP|TCP), new,/);
    });
    check(
      "nobody refuses who is behind by less than two minutes, or ahead by less than half of a lifetime",
      () =>
        assert.deepEqual(
          refusals.filter(({ clock }) => clock !== FAR_BEHIND && clock !== AHEAD),
          [],
        ),
    );
    check("behind by more, clients and servers refuse a new leaf until its first second", async () => {
      requireRefused(FAR_BEHIND, "client");
      requireRefused(FAR_BEHIND, "server");
      await requireReason(FAR_BEHIND, "0: certificate is not yet valid");
    });
    check("ahead by more, clients refuse a leaf that is to be renewed, as expired", async () => {
      requireRefused(AHEAD, "client");
      await requireReason(AHEAD, "0: certificate has expired");
    });
    step("so does a server in a full handshake, and not where a session is resumed", async ({ rig }) => {
      const [ahead, little] = [AHEAD, LITTLE_AHEAD].map((clock) => clocks.pod("server", clock));
      // A server's sessions end when its own leaf is renewed.
      await waitFor("a session that outlasts a leaf", 90, async () => {
        const leaf = await signWorkload(rig.cluster(CLUSTER), { validSeconds: AHEAD + 10 });
        const session = await handshake(ahead!, leaf);
        await waitFor("a full handshake to be refused", 30, () => fails(handshake(ahead!, leaf)));
        await handshake(ahead!, leaf, session);
        await handshake(little!, leaf);
        return true;
      });
    });
  });
  part("a new intermediate", () => {
    step("signs, and a server starts anew", async (world) => {
      const { rig, deployment, traffic } = world;
      await observe(world, async () => {
        deployment.configure(mesh(rig, { lists: "issued" }));
        await deployment.deploy(VAULT_STACKS);
        await waitFor("istiod to sign with it", 60, async () => (await signer(rig)) !== first);
        await traffic.restartServer(rig.cluster(CLUSTER));
        await clocks.answered(BEHIND);
      });
    });
    check("nobody refuses who is behind by less than 30 s, or a little ahead", () =>
      assert.deepEqual(
        refusals.filter(({ clock }) => clock === LITTLE_BEHIND || clock === LITTLE_AHEAD),
        [],
      ),
    );
    check("behind by more, whatever is under it is refused until its first second", async () => {
      requireRefused(BEHIND, "client");
      await requireReason(BEHIND, "1: certificate is not yet valid");
    });
  });
  part("a new revocation list", () => {
    step(
      "every proxy has lists, and certificates under an intermediate with one",
      async ({ rig, deployment }) => {
        const signing = await signer(rig);
        await waitFor("every leaf to be renewed", 90, async () =>
          (await clocks.envoys()).every(({ chain }) => serialOf(chain) === signing),
        );
        deployment.configure(mesh(rig, { lists: "served" }));
        await deployment.deploy(CLUSTER);
        await rootsListArrives(rig);
        for (const clock of [FAR_BEHIND, BEHIND]) await clocks.answered(clock);
      },
    );
    step("whoever is behind refuses every new connection until the second of its signing", async (world) => {
      const { rig, deployment } = world;
      let signed = 0;
      from = Date.now();
      refusals = await clocks.during(async () => {
        deployment.configure(mesh(rig, { lists: "served", revoked: [{ cluster: CLUSTER, serial: first }] }));
        await deployment.deploy(VAULT_STACKS);
        signed = await rootsListArrives(rig);
        await clocks.answered(BEHIND);
      });
      for (const { what } of refusals) assert.match(what, /^(HTTP|TCP), new,/);
      for (const clock of [FAR_BEHIND, BEHIND])
        for (const by of ["client", "server"] as const) requireRefused(clock, by);
      await requireReason(
        BEHIND,
        "1: certificate revocation check against provided CRLs failed: CRL is not yet valid",
      );
      assert.deepEqual(
        refusals.filter(({ clock, at }) => clock === BEHIND && at > signed + 1000),
        [],
      );
    });
  });
});

/** Looks at what is refused while `action` runs: only what is not valid by a wrong clock, and nothing by right ones. */
async function observe({ traffic }: World, action: () => Promise<unknown>): Promise<void> {
  from = Date.now();
  await traffic.unbroken(async () => {
    refusals = await clocks.during(action);
  });
  const others = refusals.filter((refusal) => !isDue(refusal));
  assert.deepEqual(
    others.map(({ clock, by, what }) => [clock, by, what]),
    [],
  );
}

/** Whether what was shown is not valid by the clock of who refused it; a request takes a second or so. */
function isDue({ at, shown }: Refusal): boolean {
  return shown
    .flat()
    .some(({ validFrom, validTo }) => at < Date.parse(validFrom) + 1500 || at > Date.parse(validTo) - 1500);
}

function requireRefused(clock: number, by: Refusal["by"]): void {
  const count = refusals.filter((each) => each.clock === clock && each.by === by).length;
  note(`${clock} s: ${count} refused by a ${by}`);
  assert.ok(count > 0);
}

async function fails(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}

/** Envoy writes its log every ten seconds. */
async function requireReason(clock: number, reason: string): Promise<void> {
  await waitFor(`${clock} s: refused for "${reason}"`, 30, async () => {
    const reasons = await clocks.reasons(clock, from);
    if (!reasons.includes(reason)) throw new Error(reasons.join(", "));
    return true;
  });
}

/** Waits until every proxy has the list of the root that is in Vault; when that was signed. */
async function rootsListArrives(rig: Rig): Promise<number> {
  const { data } = await rig.vault.ask("GET", "istio-revocation-lists/data/roots");
  const list = (data.data.a as string).trim();
  await waitFor("every proxy to have the root's list", 120, async () => {
    // kubelet looks at a pod's volumes at once where the pod changes.
    await rig
      .cluster(CLUSTER)
      .kubectl(`annotate pods --all -n ${TRAFFIC_NAMESPACE} --overwrite lists=${Date.now()}`);
    return (await clocks.envoys()).every(({ lists }) => lists.includes(list));
  });
  const signed = await output("openssl", ["crl", "-noout", "-lastupdate"], { input: list });
  return Date.parse(signed.split("=")[1]!);
}

/** The serial number of the intermediate that istiod signs with. */
async function signer(rig: Rig): Promise<string> {
  return serialOf((await signWorkload(rig.cluster(CLUSTER))).chain);
}

function serialOf(chain: string): string {
  return certificates(chain)[1]!.serialNumber.toLowerCase();
}

/** Its proxies log why a connection failed. */
function mesh(rig: Rig, revocation?: object): MeshSettings {
  const { values, ...istio } = istioSection(rig.istio);
  const meshConfig = { ...values.meshConfig, accessLogFile: "/dev/stdout" };
  return {
    clusters: [CLUSTER],
    root: { name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p256" },
    sections: {
      istio: { ...istio, values: { ...values, meshConfig } },
      leafLifetime: RENEWED_EACH_MINUTE,
      intermediates: { issuance: "deploy", keyAlgorithm: "ecdsa-p256" },
      ...(revocation && { revocation }),
    },
  };
}
