import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { parse } from "yaml";
import { zipEntries } from "../zip";
import type { Chart, Files, Image, Release, Source, Wheel } from "./sources";

const run = promisify(execFile);
const REGISTRY = "https://registry-1.docker.io/v2";
const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** A file somewhere, and what it must be. */
interface Download {
  readonly url: string;
  readonly sha256: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly manifests?: readonly { digest: string; platform?: { os: string; architecture: string } }[];
  readonly layers?: readonly { digest: string }[];
}

/** Brings what is published into a directory. Nothing is in its place before its checksum was right. */
export class Fetcher {
  /** @param get what asks the network */
  constructor(
    private readonly directory: string,
    private readonly get: typeof fetch = fetch,
  ) {}

  /** @throws Error that says what could not be had, or was not what its project published */
  public async bring(source: Source): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const work = await mkdtemp(join(this.directory, ".fetch-"));
    try {
      await this.bringOne(source, work);
    } catch (error) {
      throw new Error(`${source.name} ${source.version}: ${reason(error)}`);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  private async bringOne(source: Source, work: string): Promise<void> {
    switch (source.kind) {
      case "release":
        return this.release(source, work);
      case "wheel":
        return this.wheel(source, work);
      case "chart":
        return this.chart(source, work);
      case "image":
        return this.image(source, work);
    }
  }

  private async release({ url, sums, archive, files }: Release, work: string): Promise<void> {
    const sha256 = sumOf(basename(url), await this.text(sums));
    const file = await this.download({ url, sha256 }, work);
    if (archive === "tar") await run("tar", ["-xf", file, "-C", work]);
    if (archive === "zip") await unzip(file, files, work);
    await this.place(files, work);
  }

  private async wheel({ name, version, tag, files }: Wheel, work: string): Promise<void> {
    const index = await this.json<{
      files: { filename: string; url: string; hashes: { sha256: string } }[];
    }>(`https://pypi.org/simple/${name}/`, { accept: "application/vnd.pypi.simple.v1+json" });
    const wheel = index.files.find(
      ({ filename }) =>
        filename.startsWith(`${name.replaceAll("-", "_")}-${version}-`) && filename.endsWith(`${tag}.whl`),
    );
    if (!wheel) throw new Error(`PyPI has no wheel for ${tag}`);
    const file = await this.download({ url: wheel.url, sha256: wheel.hashes.sha256 }, work);
    await unzip(file, files, work);
    await this.place(files, work);
  }

  private async chart({ name, version, repository, directory }: Chart, work: string): Promise<void> {
    const index = parse(await this.text(`${repository}/index.yaml`)) as {
      entries: Record<string, { version: string; digest: string; urls: string[] }[]>;
    };
    const entry = index.entries[name]?.find((each) => each.version === version);
    if (!entry) throw new Error(`not in ${repository}/index.yaml`);
    const url = new URL(entry.urls[0]!, `${repository}/`).href;
    const file = await this.download({ url, sha256: entry.digest }, work);
    await run("tar", ["-xf", file, "-C", work]);
    await this.place({ [name]: `${directory}/${name}` }, work);
  }

  /** Layers are unpacked from the first to the last, so that what is left is what a container would see. */
  private async image({ repository, version, files }: Image, work: string): Promise<void> {
    const { token } = await this.json<{ token: string }>(
      `https://auth.docker.io/token?service=registry.docker.io&scope=repository:${repository}:pull`,
    );
    const headers = { authorization: `Bearer ${token}` };
    const manifest = (reference: string) =>
      this.json<Manifest>(`${REGISTRY}/${repository}/manifests/${reference}`, { ...headers, accept: ACCEPT });
    const index = await manifest(version);
    const platform = index.manifests?.find(
      (each) => each.platform?.os === "linux" && each.platform.architecture === "amd64",
    );
    const { layers = [] } = platform ? await manifest(platform.digest) : index;
    for (const { digest } of layers) {
      const url = `${REGISTRY}/${repository}/blobs/${digest}`;
      const layer = await this.download({ url, sha256: digest.replace("sha256:", ""), headers }, work);
      const members = (await run("tar", ["-tf", layer], { maxBuffer: 2 ** 26 })).stdout.split("\n");
      const wanted = members.filter((member) => member.replace(/^\.?\//, "") in files);
      if (wanted.length > 0) await run("tar", ["-xf", layer, "-C", work, ...wanted]);
      await rm(layer);
    }
    await this.place(files, work);
  }

  private async place(files: Files, work: string): Promise<void> {
    for (const [from, to] of Object.entries(files)) {
      const target = join(this.directory, to);
      await mkdir(dirname(target), { recursive: true });
      await chmod(join(work, from), 0o755);
      await rm(target, { recursive: true, force: true });
      await rename(join(work, from), target);
    }
  }

  private async download({ url, sha256, headers }: Download, work: string): Promise<string> {
    const file = join(work, basename(new URL(url).pathname));
    const hash = createHash("sha256");
    const hashed = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    const { body } = await this.ask(url, headers);
    await pipeline(body as unknown as Readable, hashed, createWriteStream(file));
    const found = hash.digest("hex");
    if (found !== sha256) throw new Error(`${url} has SHA-256 ${found}; its project published ${sha256}`);
    return file;
  }

  private async text(url: string): Promise<string> {
    return (await this.ask(url)).text();
  }

  private async json<Answer>(url: string, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return (await (await this.ask(url, headers)).json()) as Answer;
  }

  private async ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const response = await this.get(url, { headers, signal: AbortSignal.timeout(600_000) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return response;
  }
}

/** Of a list as `sha256sum` writes it, or of a file with nothing but the sum. */
function sumOf(file: string, sums: string): string {
  const lines = sums.split("\n").map((line) => line.trim().split(/\s+\*?/));
  const line = lines.find(([, name]) => name === undefined || basename(name) === file);
  const sum = line?.[0] ?? "";
  if (!/^[0-9a-f]{64}$/.test(sum)) throw new Error(`no SHA-256 of ${file} is published`);
  return sum;
}

async function unzip(file: string, files: Files, directory: string): Promise<void> {
  const entries = zipEntries(await readFile(file));
  for (const name of Object.keys(files)) {
    const content = entries.get(name);
    if (!content) throw new Error(`no ${name} in ${basename(file)}`);
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
}

function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
