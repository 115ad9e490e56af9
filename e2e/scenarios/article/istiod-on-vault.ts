import assert from "node:assert/strict";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { Cluster, Pod } from "../../cluster";
import { agentFile, ISTIO_NAMESPACE, istiodGuard, PLUGIN_CA_FILES, readyIstiod } from "../../istiod";
import { meetEnvoy } from "../../meet-envoy";
import { check, part } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { waitFor } from "../../wait";
import { publishedRoots, signWorkload } from "../../workload-certificate";
import { basicConstraints, certificates, nameOf } from "../../x509";

export function istiodOnVault(): void {
  part("istiod on its CA from Vault", () => {
    check("the injected pod has the four files, 0400, owned by 1337", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        const istiod = await readyIstiod(cluster);
        const listed = await cluster.exec(
          istiod,
          "vault-agent",
          "sh",
          "-c",
          "cd /vault/secrets; stat -c '%n %u %g %a' *",
        );
        assert.deepEqual(
          listed.trim().split("\n"),
          PLUGIN_CA_FILES.map((file) => `${file} 1337 1337 400`),
        );
        for (const file of PLUGIN_CA_FILES) assert.notEqual(await agentFile(cluster, istiod, file), "", file);
      }
    });
    check(
      "the guard lets istiod start with the four files, and with none of them missing or empty",
      async ({ rig }) => {
        const cluster = rig.clusters[0]!;
        const verdicts = await tryGuard(cluster, istiodGuard(await readyIstiod(cluster)));
        assert.equal(verdicts.get("whole")!.exitCode, 0);
        for (const file of PLUGIN_CA_FILES) {
          for (const state of ["missing", "empty"]) {
            const { exitCode, log } = verdicts.get(`${state}-${PLUGIN_CA_FILES.indexOf(file)}`)!;
            assert.equal(exitCode, 1, `${file} ${state}`);
            assert.match(log, new RegExp(`^/vault/secrets/${file} is missing or empty: `));
          }
        }
      },
    );
    check("istiod's log shows the plugged-in certificate and its issuer", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        const log = await cluster.log(await readyIstiod(cluster), "discovery");
        const subject = `CN=Intermediate CA,O=Istio,L=istiod-${cluster.name}`;
        assert.ok(log.includes(`Issuer: "CN=Root CA,O=Istio", Subject: "${subject}"`), log);
        assert.ok(!log.includes("Use self-signed certificate"), "istiod signs for itself");
      }
    });
    check("the intermediates have pathlen 0, and istiod's DNS name", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        const pem = await agentFile(cluster, await readyIstiod(cluster), "ca-cert.pem");
        assert.equal(await basicConstraints(pem), "CA:TRUE, pathlen:0");
        assert.equal(certificates(pem)[0]!.subjectAltName, "DNS:istiod.istio-system.svc");
      }
    });
    check("each Envoy has its identity, signed by its own cluster's intermediate", async ({ traffic }) => {
      for (const { cluster, chain } of await traffic.envoys()) {
        const [leaf] = certificates(chain);
        assert.equal(nameOf(leaf!.issuer), `CN=Intermediate CA,O=Istio,L=istiod-${cluster}`);
        assert.equal(leaf!.subjectAltName, `URI:spiffe://cluster.local/ns/${TRAFFIC_NAMESPACE}/sa/default`);
      }
    });
    check(
      "a workload that trusts another root refuses them, and one that another CA signed is refused",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const [server] = await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server");
        const { chain: cert, key } = await signWorkload(cluster);
        const ca = await publishedRoots(cluster);
        await meetEnvoy(server!, 8080, { ca, cert, key });
        await assert.rejects(
          meetEnvoy(server!, 8080, { ca: rig.vault.caCertificate, cert, key }),
          /certificate/,
        );
        await assert.rejects(meetEnvoy(server!, 8080, { ca, ...rig.vault.serverIdentity }), /alert/);
        await assert.rejects(meetEnvoy(server!, 8080, { ca }), /alert/);
      },
    );
  });
}

interface Verdict {
  readonly exitCode: number;
  readonly log: string;
}

/** Runs the guard once for each state its files can be in, all in one pod. */
async function tryGuard(cluster: Cluster, guard: V1Container): Promise<ReadonlyMap<string, Verdict>> {
  const states = ["whole", ...PLUGIN_CA_FILES.flatMap((_, index) => [`missing-${index}`, `empty-${index}`])];
  const prepare = [
    `for state in ${states.join(" ")}; do mkdir -p /files/$state; cd /files/$state`,
    `for file in ${PLUGIN_CA_FILES.join(" ")}; do echo x >$file; done; done`,
    ...PLUGIN_CA_FILES.map(
      (file, index) => `rm /files/missing-${index}/${file}; : >/files/empty-${index}/${file}`,
    ),
  ];
  const pod: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "guard-trial", namespace: ISTIO_NAMESPACE },
    spec: {
      restartPolicy: "Never",
      volumes: [{ name: "files", emptyDir: {} }],
      initContainers: [
        {
          name: "prepare",
          image: guard.image,
          command: ["/bin/sh", "-ec", prepare.join("\n")],
          volumeMounts: [{ name: "files", mountPath: "/files" }],
        },
      ],
      containers: states.map((state) => ({
        ...guard,
        name: state,
        volumeMounts: [{ name: "files", mountPath: "/vault/secrets", subPath: state }],
      })),
    },
  };
  await cluster.apply(pod);
  const ended = await waitFor("the guards to end", 60, async () => {
    const trial = (await cluster.core.readNamespacedPod({
      name: "guard-trial",
      namespace: ISTIO_NAMESPACE,
    })) as Pod;
    const statuses = trial.status.containerStatuses ?? [];
    return statuses.length === states.length && statuses.every(({ state }) => state?.terminated) && trial;
  });
  const verdicts = await Promise.all(
    ended.status.containerStatuses!.map(async ({ name, state }): Promise<[string, Verdict]> => {
      return [name, { exitCode: state!.terminated!.exitCode, log: await cluster.log(ended, name) }];
    }),
  );
  await cluster.kubectl(`delete pod guard-trial -n ${ISTIO_NAMESPACE}`);
  return new Map(verdicts);
}
