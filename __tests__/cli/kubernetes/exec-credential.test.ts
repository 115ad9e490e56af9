import type { KubeConfig, User } from "@kubernetes/client-node";
import { withCredential } from "../../../cli/kubernetes/exec-credential";

/** The user of a kubeconfig after its program, a script of sh, was run. */
async function signedIn(script: string, timeout?: number, exec: object = {}): Promise<User> {
  const user: User = {
    name: "u",
    exec: { command: "sh", args: ["-c", script], env: [{ name: "TOKEN", value: "t0" }], ...exec },
  };
  const config = { users: [user], getCurrentUser: () => user };
  await withCredential(config as unknown as KubeConfig, timeout);
  return config.users[0];
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("a token, or a certificate with its key, takes the program's place", async () => {
  expect(await signedIn(`printf '{"status":{"token":"%s"}}' "$TOKEN"`)).toEqual({ name: "u", token: "t0" });
  const pair = `{"status":{"clientCertificateData":"C","clientKeyData":"K","token":null}}`;
  expect(await signedIn(`echo '${pair}'`)).toEqual({
    name: "u",
    certData: base64("C"),
    keyData: base64("K"),
  });
});

test("without a program, nothing is run", async () => {
  const user = { name: "u", token: "t" };
  const config = { users: [user], getCurrentUser: () => user };
  await withCredential(config as unknown as KubeConfig);
  expect(config.users).toEqual([user]);
});

test.each([
  ["echo no >&2; echo credentials >&2; exit 1", "sh gave no credential: no credentials"],
  ["exit 1", /^sh gave no credential: Command failed: sh -c exit 1$/],
  ["echo '<html>'", "sh printed no ExecCredential with a status"],
  ["echo null", "sh printed no ExecCredential with a status"],
  [`echo '{"status":{"token":5}}'`, "sh printed no ExecCredential with a status"],
  ["yes", "sh gave no credential: it prints without end"],
])("%j is one line", async (script, message) => {
  await expect(signedIn(script)).rejects.toThrow(typeof message === "string" ? new Error(message) : message);
});

test.each(["exec sleep 60", "sleep 60; true"])("%j ends in time", async (script) => {
  const started = Date.now();
  await expect(signedIn(script, 300)).rejects.toThrow(
    new Error("sh gave no credential: it was not done within 0.3 s"),
  );
  expect(Date.now() - started).toBeLessThan(20_000);
});

test("a program that is not there is named, and one that is not named too", async () => {
  await expect(signedIn("", undefined, { command: "no-such-program" })).rejects.toThrow(
    new Error("no-such-program gave no credential: no such program"),
  );
  await expect(signedIn("", undefined, { command: null })).rejects.toThrow(
    new Error("the kubeconfig's user has an exec without a command"),
  );
});
