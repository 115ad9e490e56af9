import { execFile } from "node:child_process";
import type { KubeConfig, User } from "@kubernetes/client-node";
import { z } from "zod";
import { CommandError } from "../command-line/command-error";
import { oneLine, parsedJson } from "../command-line/text";

/** A login at a cloud may take a while; a credential has some kilobytes. */
const LIMITS = { timeout: 30_000, maxBuffer: 1024 * 1024, killSignal: "SIGKILL" as const };

/** How a user of a kubeconfig says which program has the credential. */
const EXEC = z.object({
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

const CREDENTIAL = z.object({
  status: z.object({
    token: z.string().min(1).nullish(),
    clientCertificateData: z.string().min(1).nullish(),
    clientKeyData: z.string().min(1).nullish(),
  }),
});

/**
 * Puts the credential of a kubeconfig's program in the program's place: it runs once, in bounded time, and not
 * for each request as in the Kubernetes client, which waits for it for ever.
 *
 * @param timeout milliseconds that the program may take
 * @throws CommandError if the program fails, or prints no credential
 */
export async function withCredential(config: KubeConfig, timeout = LIMITS.timeout): Promise<void> {
  const user = config.getCurrentUser();
  if (!user?.exec) return;
  const { exec, ...rest } = user;
  const { token, clientCertificateData, clientKeyData } = await credentialOf(exec, timeout);
  const signedIn: User = {
    ...rest,
    ...(token && { token }),
    ...(clientCertificateData && clientKeyData && base64(clientCertificateData, clientKeyData)),
  };
  config.users = config.users.map((each) => (each === user ? signedIn : each));
}

function base64(certificate: string, key: string) {
  const [certData, keyData] = [certificate, key].map((pem) => Buffer.from(pem).toString("base64"));
  return { certData, keyData };
}

async function credentialOf(exec: unknown, timeout: number) {
  const program = EXEC.safeParse(exec);
  if (!program.success) throw new CommandError("the kubeconfig's user has an exec without a command");
  const { command, args, env } = program.data;
  const variables = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  const printed = await outputOf(command, args ?? [], variables, timeout);
  const credential = CREDENTIAL.safeParse(parsedJson(printed));
  if (!credential.success) throw new CommandError(`${command} printed no ExecCredential with a status`);
  return credential.data.status;
}

function outputOf(
  command: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  timeout: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...variables };
    const child = execFile(command, args, { ...LIMITS, timeout, env }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      reject(new CommandError(`${command} gave no credential: ${why(error, stderr, timeout)}`));
    });
    child.stdin?.end();
  });
}

function why(
  { killed, code, message }: Error & { killed?: boolean; code?: unknown },
  stderr: string,
  timeout: number,
): string {
  if (code === "ENOENT") return "no such program";
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "it prints without end";
  if (killed) return `it was not done within ${timeout / 1000} s`;
  return oneLine(stderr) || oneLine(message);
}
