import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { ALL_CLUSTERS } from "../../meshes";
import { check, note, part, scenario, step, type World } from "../../scenario";
import { delay } from "../../wait";
import { type Kill, takeStep } from "../rotation/by-command";
import { type Lists, LOGIN_SECONDS, revocationMesh, Revocation } from "./revocation";

const [LEAKED] = ALL_CLUSTERS as [string, ...string[]];

const served: Lists = { lists: "served", leafGeneration: 2 };

/** Once another intermediate signs in place of the stolen one, and every certificate was renewed. */
const another: Lists = { lists: "served", generation: 2, leafGeneration: 2, ofFirst: 3 };

/** docs/revocation.md, the key of an intermediate is stolen: from no lists to a refused leaf, and the way back. */
export function revocation(): void {
  scenario({ clusters: ALL_CLUSTERS }, () => {
    part("lists come in two steps", () => {
      step("a mesh deploys without any", async (world) => {
        steps = new Revocation(world);
        await deploy(world, {}, VAULT_STACKS, ...ALL_CLUSTERS);
        await world.traffic.start(world.rig.clusters);
        await steps.openGateway();
      });
      unbroken("issued: every intermediate is issued anew, with a list of its own", async (world) => {
        await deploy(world, { lists: "issued" }, VAULT_STACKS);
        for (const cluster of ALL_CLUSTERS) await steps.signsWithVaults(cluster);
        assert.deepEqual(await steps.envoysWithLists(), []);
      });
      unbroken(
        "every certificate is renewed, so that none is left under one without a list",
        async (world) => {
          await deploy(world, { lists: "issued", leafGeneration: 2 }, VAULT_STACKS);
          await steps.renewedEverywhere();
        },
      );
      unbroken("served: the lists are in every proxy", async (world) => {
        await deploy(world, served, ...ALL_CLUSTERS);
        await steps.everyProxyHasLists();
        await world.traffic.round();
      });
      check("nothing is left to deploy", ({ deployment }) =>
        deployment.requireEmptyPlan(VAULT_STACKS, ...ALL_CLUSTERS),
      );
    });
    part("an intermediate is stolen", () => {
      step("who holds a certificate of it is served", async () => {
        await steps.keepLeaf(LEAKED);
        await steps.servedEverywhere();
      });
      check(
        "servers and a gateway refuse a CA that someone has the root sign, since there is no list of it",
        () => steps.refusesWhoHasNoList(LEAKED),
      );
      check("status warns of revoking what is in use", async () => {
        const { code, findings } = await steps.findings({ ...served, revoked: [steps.kept] });
        assert.deepEqual([code, findings], [3, [`${LEAKED} IV0748`]]);
      });
      unbroken("another one signs, and its list was there before", async (world) => {
        assert.equal(await exchange(world, ["has written", "deploys"]), "renew every certificate");
        await steps.signsWithVaults(LEAKED);
        // A proxy that starts now has a certificate of it at once.
        await world.traffic.restartServer(world.rig.cluster(LEAKED));
        await world.traffic.round();
      });
      unbroken("every certificate is renewed", async (world) => {
        assert.equal(await exchange(world, ["waits", "deploys"]), "revoke the stolen one");
        await steps.renewedEverywhere();
      });
      check(
        "status has nothing against revoking it now, and nobody who would go on accepting it",
        async () => {
          const { code, findings } = await steps.findings({ ...another, revoked: [steps.kept] });
          assert.deepEqual([code, findings], [0, []]);
        },
      );
      unbroken(
        "the old one is revoked, and within a minute of the deploy refused everywhere",
        async (world) => {
          assert.equal(await exchange(world, ["has written", "watches"]), undefined);
          const seconds = await steps.refusedEverywhere();
          note(`refused by the last one ${seconds.toFixed(0)} s after the deploy`);
          assert.ok(seconds < 60, `${seconds} s`);
          await world.traffic.round();
        },
      );
      check("nothing is left to deploy", ({ deployment }) =>
        deployment.requireEmptyPlan(VAULT_STACKS, ...ALL_CLUSTERS),
      );
      check("status tells when each list ends that a cluster hands out", async () => {
        assert.deepEqual(await steps.toldLists({ ...another, revoked: [steps.kept] }), [
          ...ALL_CLUSTERS.map((name) => `intermediate of ${name}`),
          "root a",
        ]);
      });
    });
    part("Vault is lost for longer than a login to it lasts", () => {
      unbroken("a new proxy is served, and who has the revoked one is refused", async (world) => {
        await world.rig.vault.stop();
        await delay(LOGIN_SECONDS + 30);
        await world.traffic.restartServer(world.rig.cluster(LEAKED));
        await world.traffic.round();
        await steps.stillRefused();
        await world.rig.vault.restart();
      });
    });
    part("the way back", () => {
      unbroken("a revocation that is taken back", async (world) => {
        await takeStep(world, [...stolen(), "--back"], ["has written"]);
        await steps.servedEverywhere();
        await world.traffic.round();
      });
      unbroken("issued: no proxy looks at lists any more", async (world) => {
        await deploy(world, { ...another, lists: "issued" }, ...ALL_CLUSTERS);
        await steps.noProxyHasLists();
        await world.traffic.round();
      });
      unbroken("no lists: intermediates without one sign, and are accepted", async (world) => {
        await deploy(world, { ...another, lists: undefined }, VAULT_STACKS);
        for (const cluster of ALL_CLUSTERS) await steps.signsWithVaults(cluster);
        await deploy(world, { ...another, lists: undefined, leafGeneration: 4, ofFirst: 4 }, VAULT_STACKS);
        await steps.renewedEverywhere();
      });
    });
  });
}

/** What is carried from one step to the next. */
let steps: Revocation;

function unbroken(name: string, run: (world: World) => Promise<unknown>): void {
  step(name, (world) => world.traffic.unbroken(() => run(world)));
}

/** A step of the exchange by `istio-vault rotate` alone, killed in these moments before; what is next. */
function exchange(world: World, kills: readonly Kill[]): Promise<string | undefined> {
  return takeStep(world, stolen(), kills);
}

function stolen(): string[] {
  const { cluster, serial } = steps.kept;
  return ["--stolen-intermediate", `${cluster}/${serial}`];
}

async function deploy({ deployment }: World, lists: Lists, ...stacks: string[]): Promise<void> {
  deployment.configure(revocationMesh(lists));
  if (stacks.includes(VAULT_STACKS)) await deployment.deploy(VAULT_STACKS);
  const clusters = stacks.filter((stack) => stack !== VAULT_STACKS);
  if (clusters.length > 0) await deployment.deploy(...clusters);
}
