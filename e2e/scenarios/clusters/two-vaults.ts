import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../cluster";
import { Deployment, VAULT_STACKS } from "../../deployment";
import type { MeshSettings } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import { runCommands, shellBlock } from "../../page-commands";
import type { Rig } from "../../rig";
import { timed } from "../../note";
import { part, step, type World } from "../../scenario";
import { Traffic } from "../../traffic/traffic";
import { waitFor } from "../../wait";
import { publishedRoots } from "../../workload-certificate";
import { certificates } from "../../x509";
import { inStep, status } from "./mesh-status";
import { give, take } from "./moved-state";
import { PAGE, RENAMED, renamed } from "./renamed";

const STAYS = "cluster1";

/** Whether a part of the mesh trusts its own root alone, or the other's too. */
type Trusted = "own" | "both";

/** The other Vault, and the program for it. */
let second: { readonly rig: Rig; readonly deployment: Deployment };

/** One more has proxies renew at once. */
let leafGeneration = 2;

/** Requests within the other part. */
const apart = new Traffic();

/** paris goes to another Vault, goes its own way, and comes back. */
export function twoVaults(): void {
  part("paris moves to another Vault", () => {
    step("the other Vault gets a root and an intermediate, and both meshes trust it", async (world) => {
      const { rig, deployment, traffic } = world;
      const other = await rig.withVault(8300);
      second = { rig: other, deployment: new Deployment(other, join(rig.directory, "second")) };
      await traffic.unbroken(async () => {
        await readRoot(rig, "a", second.deployment);
        second.deployment.configure(ofSecond("both"));
        await second.deployment.deploy(VAULT_STACKS);
        await readRoot(other, "b", deployment);
        deployment.configure(ofFirst(deployment, "both", FIRST_CLUSTERS));
        await deployment.deploy(VAULT_STACKS);
        await timed(() => inStep(rig, deployment));
        await traffic.round();
      });
    });
    step("its state moves, it signs under the other root, and its proxies renew there", async (world) => {
      const { rig, deployment, traffic } = world;
      const root = new X509Certificate(readFileSync(join(deployment.directory, "clusters", "b.pem")));
      await traffic.unbroken(async () => {
        await take(rig, deployment, "paris");
        await give(second.rig, second.deployment, "paris", deployment.directory);
        await second.deployment.deploy("paris");
        await timed(() =>
          waitFor("every proxy of paris to have a certificate under root b", 240, async () => {
            const envoys = await traffic.envoys();
            return envoys
              .filter(({ cluster }) => cluster === RENAMED)
              .every(({ chain }) => certificates(chain)[1]!.checkIssued(root));
          }),
        );
        await traffic.round();
        await second.deployment.requireEmptyPlan(VAULT_STACKS, "paris");
      });
    });
    step("what it had in the first Vault is destroyed", async ({ deployment, traffic }) => {
      await traffic.unbroken(async () => {
        deployment.configure({ ...ofFirst(deployment, "both", FIRST_CLUSTERS), preventDestroy: false });
        await deployment.destroy(`vault-${RENAMED}`);
        deployment.configure(ofFirst(deployment, "both"));
        await deployment.synth();
        await deployment.requireEmptyPlan(VAULT_STACKS, STAYS);
        await traffic.round();
      });
    });
  });

  part("the mesh is split", () => {
    step("requests stay within each part, and the remote secrets are deleted", async ({ rig, traffic }) => {
      const paris = rig.cluster(RENAMED);
      await traffic.leave(paris);
      await apart.start([paris]);
      await forget(rig, rig.cluster(STAYS), RENAMED);
      await forget(rig, paris, STAYS);
    });
    step("paris renews its leaves, of which some may be of before it moved", (world) =>
      unbrokenInBoth(world, async () => {
        leafGeneration = 3;
        second.deployment.configure(ofSecond("both"));
        await second.deployment.deploy(VAULT_STACKS);
        await inStep(second.rig, second.deployment);
      }),
    );
    step("the gate lets the other's root go, and each part has its own alone", (world) =>
      unbrokenInBoth(world, async () => {
        const { rig } = world;
        for (const { of, trusting } of parts(world)) {
          of.deployment.configure(trusting("own"));
          const { code, stdout, stderr } = await status(of.rig, of.deployment, "--gate", "--wait", "2m");
          assert.equal(code, 0, stdout + stderr);
          await of.deployment.deploy(VAULT_STACKS);
          await inStep(of.rig, of.deployment);
        }
        assert.notEqual(await publishedRoots(rig.cluster(STAYS)), await publishedRoots(rig.cluster(RENAMED)));
      }),
    );
  });

  part("two meshes join", () => {
    step("each trusts the other's root, and every proxy knows it", (world) =>
      unbrokenInBoth(world, async () => {
        for (const { of, trusting } of parts(world)) {
          of.deployment.configure(trusting("both"));
          await of.deployment.deploy(VAULT_STACKS);
          await inStep(of.rig, of.deployment);
        }
      }),
    );
    step("remote secrets are exchanged, and requests go across", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        await traffic.start([rig.cluster(RENAMED)]);
        await traffic.round();
      }),
    );
  });
}

/** Each, and what its mesh.yaml is by whom it trusts. */
function parts({ rig, deployment }: World) {
  return [
    { of: { rig, deployment }, trusting: (trusted: Trusted) => ofFirst(deployment, trusted) },
    { of: second, trusting: ofSecond },
  ];
}

async function unbrokenInBoth({ traffic }: World, action: () => Promise<void>): Promise<void> {
  await traffic.unbroken(() =>
    apart.unbroken(async () => {
      await action();
      await Promise.all([traffic.round(), apart.round()]);
    }),
  );
}

/** The first part, under root a. */
function ofFirst(
  { directory }: Deployment,
  trusted: Trusted,
  clusters: readonly string[] = [STAYS],
): MeshSettings {
  return {
    ...renamed(clusters),
    sections: rootsOf({ own: "a", other: "b" }, trusted, directory),
  };
}

/** paris under root b. */
function ofSecond(trusted: Trusted): MeshSettings {
  return {
    ...renamed([RENAMED]),
    sections: {
      ...rootsOf({ own: "b", other: "a" }, trusted, second.deployment.directory),
      leafGeneration,
    },
  };
}

function rootsOf(
  { own, other }: { own: string; other: string },
  trusted: Trusted,
  directory: string,
): object {
  return {
    roots: [
      { name: own, source: "vault-pki" },
      { name: other, source: "offline", certificateFile: join(directory, "clusters", `${other}.pem`) },
    ],
    trust: { signing: own, bundle: trusted === "both" ? ["a", "b"] : [own] },
  };
}

async function readRoot(rig: Rig, root: string, { directory }: Deployment): Promise<void> {
  mkdirSync(join(directory, "clusters"), { recursive: true });
  await runCommands(rig, rig.cluster(STAYS), shellBlock(PAGE, `clusters/${root}.pem`), directory);
}

/** Has one cluster look for endpoints in the other no more. */
async function forget(rig: Rig, cluster: Cluster, other: string): Promise<void> {
  const commands = shellBlock(PAGE, "delete secret istio-remote-secret").replace("cluster3", other);
  await runCommands(rig, cluster, commands, rig.directory);
}
