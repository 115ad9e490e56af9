import assert from "node:assert/strict";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { ISTIOD_GUARD } from "../lib/private/guard";
import type { Cluster, Pod } from "./cluster";
import { waitFor } from "./wait";

/** The init container that stops the start of an istiod or of a gateway without its files from Vault. */
export function guardOf({ metadata, spec }: Pod): V1Container {
  const guard = spec.initContainers?.find(({ name }) => [ISTIOD_GUARD, "require-certificate"].includes(name));
  if (!guard) throw new Error(`pod ${metadata.name} has no guard`);
  return guard;
}

/** Whether an init container of its own has stopped its start. */
export function failedInit({ status }: Pod): boolean {
  return (status.initContainerStatuses ?? []).some(({ state, lastState }) =>
    [state?.terminated, lastState?.terminated].some((end) => end !== undefined && end.exitCode !== 0),
  );
}

/** How a guard ended. */
export interface Verdict {
  readonly exitCode: number;
  readonly log: string;
}

/**
 * Runs a pod's guard on files of its own: all of them there, and each one missing and empty, by `whole`, `FILE missing`
 * and `FILE empty`.
 */
export async function tryGuard(
  cluster: Cluster,
  namespace: string,
  guard: V1Container,
  files: readonly string[],
): Promise<ReadonlyMap<string, Verdict>> {
  const states = ["whole", ...files.flatMap((file) => [`${file} missing`, `${file} empty`])];
  const folder = (state: string) => state.replace(/\W/g, "-");
  const prepare = states.map((state) => {
    const [file, kind] = state.split(" ");
    const change = { missing: `rm ${file}`, empty: `: >${file}` }[kind ?? ""] ?? "true";
    return `mkdir /files/${folder(state)}; cd /files/${folder(state)}; for each in ${files.join(" ")}; do echo x >$each; done; ${change}`;
  });
  const name = "guard-trial";
  const pod: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, annotations: { "sidecar.istio.io/inject": "false" } },
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
      // All at once: nine times what a guard requests is more than a node has.
      containers: states.map((state) => ({
        ...guard,
        resources: undefined,
        name: folder(state),
        volumeMounts: [{ name: "files", mountPath: "/vault/secrets", subPath: folder(state) }],
      })),
    },
  };
  await cluster.apply(pod);
  const ended = await waitFor("the guards to end", 60, async () => {
    const trial = (await cluster.core.readNamespacedPod({ name, namespace })) as Pod;
    const statuses = trial.status.containerStatuses ?? [];
    return statuses.length === states.length && statuses.every(({ state }) => state?.terminated) && trial;
  });
  const verdicts = new Map<string, Verdict>();
  for (const state of states) {
    const status = ended.status.containerStatuses!.find((each) => each.name === folder(state));
    const log = await cluster.log(ended, folder(state));
    verdicts.set(state, { exitCode: status!.state!.terminated!.exitCode, log });
  }
  await cluster.kubectl(`delete pod ${name} -n ${namespace}`);
  return verdicts;
}

/** Throws unless a guard let pods start with all of the files, and with none of them missing or empty. */
export function requireGuarding(verdicts: ReadonlyMap<string, Verdict>, files: readonly string[]): void {
  assert.equal(verdicts.size, 1 + 2 * files.length);
  for (const [state, { exitCode, log }] of verdicts) {
    assert.equal(exitCode, state === "whole" ? 0 : 1, state);
    if (state !== "whole")
      assert.ok(log.startsWith(`/vault/secrets/${state.split(" ")[0]} is missing or empty: `), log);
  }
}
