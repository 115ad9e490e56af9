import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LeafVerdict, ReloadVerdict, StartVerdict } from "../../../__tests__/support/plugin-ca-verdicts";
import { CA_CRL, PLUGIN_CA_FILE_NAMES, type PluginCaFiles } from "../../../cli/lint/plugin-ca-files";
import type { Cluster } from "../../cluster";
import { ISTIO_NAMESPACE } from "../../istiod";
import type { Rig } from "../../rig";
import { delay, waitFor } from "../../wait";
import { BareIstiod } from "./bare-istiod";
import { acceptEachOther, isSignedBy, Sidecar } from "./sidecar";

/** What istiod logs at the end of a reload, for better or worse. */
const RELOAD_ENDS = [
  "Istiod certificates are reloaded",
  "Failed to update new Plug-in CA certs",
  "Updating new ROOT-CA not supported",
  "failed reading root-cert.pem",
  "reload istiod cert failed",
  "Failed generating plugged-in istiod key cert",
];

interface Seen<Verdict> {
  readonly verdict: Verdict;
  readonly leaf: LeafVerdict;
}

/** Tries plug-in CA files on real istiods: one started for each, and one that runs and is given each in turn. */
export class Trial {
  public static async begin(rig: Rig, cluster: Cluster, base: PluginCaFiles): Promise<Trial> {
    await cluster.kubectl(`create namespace ${ISTIO_NAMESPACE}`);
    const account = await waitFor("a ServiceAccount", 60, () =>
      cluster.token({ namespace: ISTIO_NAMESPACE, serviceAccount: "default", audience: "istio-ca" }),
    );
    const sidecar = await Sidecar.create(cluster, rig.programs.path("vault"));
    const trial = new Trial(cluster, rig, base, account, sidecar);
    if (!(await trial.running.started())) throw new Error(trial.running.log);
    return trial;
  }

  private readonly running: BareIstiod;
  private starts = 0;

  private constructor(
    private readonly cluster: Cluster,
    private readonly rig: Rig,
    private readonly base: PluginCaFiles,
    private readonly token: string,
    private readonly sidecar: Sidecar,
  ) {
    this.running = this.istiod("running", base);
  }

  public async start(files: PluginCaFiles): Promise<Seen<StartVerdict>> {
    const istiod = this.istiod(`start-${++this.starts}`, files);
    try {
      if (!(await istiod.started())) return { verdict: "refused", leaf: "none" };
      if (istiod.log.includes("Use self-signed certificate")) return { verdict: "self-signed", leaf: "none" };
      const { verdict, leaf } = await this.look(istiod, files);
      if (verdict === "mute" || verdict === "kept") throw new Error(`started, and is ${verdict}`);
      return { verdict, leaf };
    } finally {
      istiod.kill();
    }
  }

  /** Replaces the files of an istiod that runs on the base, looks, and goes back to the base. */
  public async reload(files: PluginCaFiles): Promise<Seen<ReloadVerdict>> {
    await this.replace(files);
    let seen = await this.look(this.running, files);
    if (seen.verdict === "kept") {
      // A busy istiod may have read the files half written, and reads them again.
      await delay(2);
      seen = await this.look(this.running, files);
    }
    await this.replace(this.base);
    const back = await this.look(this.running, this.base);
    if (back.verdict !== "serves") throw new Error(`after the old files are back, it is ${back.verdict}`);
    return seen;
  }

  private async look(istiod: BareIstiod, files: PluginCaFiles): Promise<Seen<ReloadVerdict>> {
    const roots = files.rootCert || this.base.rootCert!;
    const trusted = [roots, this.base.rootCert!];
    const reached = await firstAsync(trusted, (each) => this.sidecar.reaches(istiod, each));
    if (reached === undefined) return { verdict: "unreachable", leaf: "none" };
    const certificate = await this.sidecar.certificate(istiod, reached).catch((error: Error) => {
      if (!error.message.includes("CSR signing error")) throw error;
    });
    if (!certificate) return { verdict: "mute", leaf: "none" };
    if (files !== this.base && isSignedBy(certificate.chain, this.base.caCert!)) {
      return { verdict: "kept", leaf: "none" };
    }
    const accepted = await acceptEachOther(certificate, roots, files.caCrl);
    return { verdict: "serves", leaf: accepted ? "verifies" : "fails" };
  }

  private async replace(files: PluginCaFiles): Promise<void> {
    const before = this.running.log.length;
    const said = () => this.running.log.slice(before);
    write(this.directory("running"), files);
    // Removing files alone is no event for istiod.
    if (Object.values(files).every((text) => text === undefined)) return delay(1);
    await waitFor("the end of a reload", 60, async () => RELOAD_ENDS.some((end) => said().includes(end)));
  }

  private istiod(name: string, files: PluginCaFiles): BareIstiod {
    const caDirectory = this.directory(name);
    mkdirSync(caDirectory, { recursive: true });
    write(caDirectory, files);
    return new BareIstiod({
      cluster: this.cluster,
      program: this.rig.istio.pilotDiscovery,
      // An address comes again long after who had it was ended.
      address: this.rig.network.loopback(name === "running" ? 1 : 2 + (this.starts % 250)),
      home: join(this.cluster.directory, "istiod", name),
      caDirectory,
      token: this.token,
    });
  }

  private directory(name: string): string {
    return join(this.cluster.directory, "plugin-ca-files", name);
  }
}

/** Replaces the files as the agent does: each is complete at once, and all within istiod's debounce. */
function write(directory: string, files: PluginCaFiles): void {
  const paths = Object.entries({ ...PLUGIN_CA_FILE_NAMES, caCrl: CA_CRL }).map(([file, name]) => ({
    text: files[file as keyof PluginCaFiles],
    path: join(directory, name),
  }));
  const next = (path: string) => path.replace(directory, `${directory}.next`);
  mkdirSync(next(directory), { recursive: true });
  for (const { text, path } of paths)
    if (text !== undefined) writeFileSync(next(path), text, { mode: 0o600 });
  for (const { text, path } of paths) if (text === undefined) rmSync(path, { force: true });
  for (const { text, path } of paths) if (text !== undefined) renameSync(next(path), path);
}

async function firstAsync<Item>(
  items: readonly Item[],
  holds: (item: Item) => Promise<boolean>,
): Promise<Item | undefined> {
  for (const item of items) if (await holds(item)) return item;
  return undefined;
}
