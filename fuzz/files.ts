import { generateKeyPairSync, randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FIXTURES } from "../__tests__/support/fixtures";

/** A secret as people paste it, and the pieces of it that no message may hold. */
export interface Secret {
  readonly text: string;
  readonly pieces: readonly string[];
}

/** A directory with the files right meshes name, and some they must not name. Removed when the process ends. */
export function meshFiles(): string {
  const directory = mkdtempSync(join(tmpdir(), "fuzz-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  cpSync(join(FIXTURES, "clusters", "cluster1-ca.pem"), join(directory, "ca.pem"));
  cpSync(join(FIXTURES, "clusters", "cluster2-ca.pem"), join(directory, "other-ca.pem"));
  cpSync(join(FIXTURES, "clusters", "offline-root.pem"), join(directory, "third-ca.pem"));
  const { publicKey, privateKey } = keyPair();
  writeFileSync(join(directory, "keys.pem"), publicKey);
  // A mesh here has at most three clusters.
  for (const index of [0, 1, 2]) writeFileSync(join(directory, `keys-${index}.pem`), keyPair().publicKey);
  writeFileSync(join(directory, "secret.pem"), privateKey);
  writeFileSync(join(directory, "empty.pem"), "");
  writeFileSync(join(directory, "binary.pem"), randomBytes(2000));
  for (const chart of ["base", "istiod", "vault"]) {
    mkdirSync(join(directory, "charts", chart), { recursive: true });
    writeFileSync(join(directory, "charts", chart, "Chart.yaml"), `name: ${chart}\n`);
  }
  return directory;
}

/** Made anew in each run; none of them opens anything. */
export const SECRETS: readonly Secret[] = [
  privateKeySecret("pkcs8"),
  privateKeySecret("sec1"),
  ...["hvs.", "hvb.", "s."].map((prefix) => {
    const token = randomBytes(24).toString("hex");
    return { text: prefix + token, pieces: [token] };
  }),
  urlSecret(),
  jwtSecret(),
];

function keyPair(type: "pkcs8" | "sec1" = "pkcs8") {
  return generateKeyPairSync("ec", {
    namedCurve: "prime256v1",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type, format: "pem" },
  });
}

function privateKeySecret(type: "pkcs8" | "sec1"): Secret {
  const { privateKey } = keyPair(type);
  return { text: privateKey, pieces: privateKey.split("\n").slice(1, -2) };
}

function urlSecret(): Secret {
  const password = randomBytes(12).toString("hex");
  return { text: `https://admin:${password}@vault.example.com:8200`, pieces: [password] };
}

function jwtSecret(): Secret {
  const [claims, signature] = [randomBytes(30), randomBytes(30)].map((bytes) => bytes.toString("base64url"));
  return { text: `eyJhbGciOiJSUzI1NiJ9.${claims}.${signature}`, pieces: [claims, signature] };
}
