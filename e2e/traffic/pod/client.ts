import { lookup } from "node:dns/promises";
import { Agent, get } from "node:http";
import { connect, type Socket } from "node:net";
import { control } from "./control";
import { GOODBYE } from "./goodbye";

/**
 * Asks every target over and over, by each kind of connection between proxies; nothing is tried again. One request at a
 * time and target: what takes long delays the next one.
 */
const PAUSE = 400;
/** Longer than a busy machine keeps a process waiting. */
const TIMEOUT = 10_000;

interface Failure {
  readonly at: number;
  readonly what: string;
}

/** Each with whoever asks it. */
const targets = new Map<string, symbol>();
/** How often each was asked. */
const rounds = new Map<string, number>();
const counts = { requests: 0, failures: [] as Failure[] };

/** By name: whose answer resolves. The DestinationRule makes a connection for each request to 8081. */
const kinds: Readonly<Record<string, (host: string) => () => Promise<string>>> = {
  "HTTP, kept": (host) => http(host, 8080),
  "HTTP, new": (host) => http(host, 8081),
  "TCP, new": (host) => async () => {
    const socket = await open(host, 9000);
    return ask(socket).finally(() => socket.destroy());
  },
  "TCP, long": (host) => {
    let socket: Socket | undefined;
    const connected = async () => {
      const opened = await open(host, 9001);
      opened.on("data", (data: Buffer) => {
        if (data.toString().includes(GOODBYE) && socket === opened) socket = undefined;
      });
      return opened;
    };
    const request = async (): Promise<string> => {
      const asked = (socket ??= await connected());
      const answer = await ask(asked).catch((error: Error) => {
        asked.destroy();
        socket = undefined;
        throw error;
      });
      return answer === GOODBYE ? request() : answer;
    };
    return request;
  },
};

control({
  /** Asks each of these clusters once by each kind, and counts nothing. */
  "/try": async (body) => {
    const clusters = JSON.parse(body) as string[];
    const tried = clusters.flatMap((cluster) =>
      Object.entries(kinds).map(async ([kind, request]) =>
        refusal(cluster, kind, request(`server-${cluster}`)),
      ),
    );
    return (await Promise.all(tried)).filter((text) => text !== undefined);
  },
  /** From now on asks these clusters, and no other. */
  "/targets": (body) => {
    const clusters = JSON.parse(body) as string[];
    for (const cluster of targets.keys()) {
      if (clusters.includes(cluster)) continue;
      targets.delete(cluster);
      for (const kind of Object.keys(kinds)) rounds.delete(`${kind} ${cluster}`);
    }
    for (const cluster of clusters) {
      if (targets.has(cluster)) continue;
      const asker = Symbol(cluster);
      targets.set(cluster, asker);
      for (const [kind, request] of Object.entries(kinds)) {
        // Whoever waits for a round from now on waits for this one, too.
        rounds.set(`${kind} ${cluster}`, 0);
        void repeat(cluster, asker, kind, request(`server-${cluster}`));
      }
    }
  },
  "/counts": () => ({ ...counts, rounds: Math.min(...rounds.values()) }),
});

async function repeat(
  cluster: string,
  asker: symbol,
  kind: string,
  request: () => Promise<string>,
): Promise<void> {
  for (;;) {
    const next = Date.now() + PAUSE;
    const what = await refusal(cluster, kind, request);
    if (targets.get(cluster) !== asker) return;
    counts.requests++;
    rounds.set(`${kind} ${cluster}`, rounds.get(`${kind} ${cluster}`)! + 1);
    if (what !== undefined) counts.failures.push({ at: Date.now(), what });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
  }
}

/** What a request failed with, if it did. */
async function refusal(
  cluster: string,
  kind: string,
  request: () => Promise<string>,
): Promise<string | undefined> {
  try {
    const answer = await request();
    return answer === cluster ? undefined : `${kind}, to ${cluster}: answered ${answer}`;
  } catch (error) {
    return `${kind}, to ${cluster}: ${(error as Error).message}`;
  }
}

function http(host: string, port: number): () => Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return () =>
    new Promise((resolve, reject) => {
      const request = get({ host, port, agent, timeout: TIMEOUT }, (response) => {
        let text = "";
        response.on("error", reject);
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`)),
        );
      });
      request.on("timeout", () => request.destroy(new Error("no answer")));
      request.on("error", reject);
    });
}

/** Addresses of Services, looked up once: whether DNS keeps up with new connections is not asked here. */
const addresses = new Map<string, string>();

async function open(host: string, port: number): Promise<Socket> {
  const address = addresses.get(host) ?? (await lookup(host)).address;
  addresses.set(host, address);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: TIMEOUT }, () => resolve(socket));
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    socket.on("error", (error) => {
      addresses.delete(host);
      reject(error);
    });
  });
}

function ask(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = (error?: Error | boolean) =>
      reject(error instanceof Error ? error : new Error("connection closed"));
    socket.once("data", (data: Buffer) => {
      socket.off("close", ended);
      resolve(data.toString().split("\n")[0]!);
    });
    socket.once("error", ended);
    socket.once("close", ended);
    if (socket.destroyed) ended();
    else socket.write("who\n");
  });
}
