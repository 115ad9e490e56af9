import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import { type Bundles, pluginCaBundles } from "../../support/plugin-ca-bundles";
import { NOW } from "../../support/test-ca";

/** What is found in each bundle; the tests on real programs hold the same bundles against istiod. */
const findings: Record<string, string[]> = {
  sound: [],
  "key of another certificate": ["error IV0509 ca-key.pem"],
  "key as SEC1": [],
  "key as SEC1 after its parameters": ["error IV0507 ca-key.pem"],
  "key encrypted, PKCS#8": ["error IV0507 ca-key.pem"],
  "key encrypted, SEC1": ["error IV0507 ca-key.pem"],
  "key under the name of another form": ["error IV0507 ca-key.pem"],
  "key file holds the certificate": ["error IV0507 ca-key.pem"],
  "key file holds the certificate after the key": [],
  "key file is no PEM": ["error IV0507 ca-key.pem"],
  "ECDSA P-384": [],
  "ECDSA P-521": [],
  "ECDSA secp256k1": ["error IV0508 ca-cert.pem"],
  Ed25519: [],
  "RSA 2048": [],
  "RSA 2048, key as PKCS#1": [],
  "RSA 1024": ["warning IV0510 ca-cert.pem"],
  "RSA 512": ["error IV0508 ca-cert.pem"],
  "chain empty": ["error IV0503 cert-chain.pem"],
  "chain of the root alone": ["error IV0520 cert-chain.pem"],
  "chain of another intermediate": ["error IV0520 cert-chain.pem"],
  "chain: intermediate, root": ["warning IV0523 cert-chain.pem"],
  "chain: root, intermediate": ["warning IV0523 cert-chain.pem", "warning IV0522 cert-chain.pem"],
  "chain: intermediate, another one": ["warning IV0524 cert-chain.pem"],
  "chain: an earlier certificate of the same key": [],
  "chain: an ended certificate of the same key": ["error IV0511 cert-chain.pem"],
  "the root itself as the CA": [],
  "certificate and root in ca-cert.pem": ["warning IV0524 ca-cert.pem"],
  "root before the certificate in ca-cert.pem": [
    "error IV0509 ca-key.pem",
    "error IV0520 cert-chain.pem",
    "warning IV0524 ca-cert.pem",
  ],
  "intermediate expired": ["error IV0511 ca-cert.pem"],
  "intermediate not yet valid": ["error IV0512 ca-cert.pem"],
  "intermediate ends in two minutes": ["warning IV0514 ca-cert.pem"],
  "intermediate of which a tenth is left": ["warning IV0514 ca-cert.pem"],
  "intermediate is no CA": ["error IV0516 ca-cert.pem"],
  "intermediate without basicConstraints": ["error IV0516 ca-cert.pem"],
  "intermediate without keyCertSign": ["error IV0517 ca-cert.pem"],
  "intermediate without cRLSign": [],
  "intermediate without keyUsage": ["warning IV0518 ca-cert.pem"],
  "intermediate for serverAuth alone": ["error IV0525 ca-cert.pem"],
  "intermediate for clientAuth alone": ["error IV0525 ca-cert.pem"],
  "intermediate for both": [],
  "intermediate signed with SHA-1": ["error IV0528 ca-cert.pem"],
  "intermediate with an unknown critical extension": ["error IV0527 ca-cert.pem"],
  "intermediate with an unknown extension": [],
  "intermediate constrained to other DNS names": ["warning IV0526 ca-cert.pem"],
  "intermediate with another authority key id": ["error IV0529 ca-cert.pem"],
  "two levels": [],
  "two levels, reversed": ["warning IV0522 cert-chain.pem"],
  "two levels, the upper one missing": ["error IV0521 cert-chain.pem"],
  "two levels, the upper one in ca-cert.pem alone": [
    "error IV0521 cert-chain.pem",
    "warning IV0524 ca-cert.pem",
  ],
  "two levels, the upper one of another key": [
    "error IV0521 cert-chain.pem",
    "warning IV0524 cert-chain.pem",
  ],
  "two levels, the upper one pathlen 0": ["error IV0519 cert-chain.pem"],
  "two levels, the upper one expired": ["error IV0511 cert-chain.pem"],
  "two levels, the upper one ends first": ["warning IV0515 ca-cert.pem"],
  "two levels, the upper one without keyCertSign": ["error IV0517 cert-chain.pem"],
  "root B joins, and signs": [],
  "root B joins with pathlen 0, and signs": ["error IV0519 root-cert.pem"],
  "root B joins with pathlen 1, and signs": [],
  "root B joins without keyCertSign, and signs": ["error IV0517 root-cert.pem"],
  "root B joins expired, and signs": ["error IV0511 root-cert.pem"],
  "root B joins for serverAuth alone, and signs": ["error IV0525 root-cert.pem"],
  "root B is no CA": ["error IV0516 root-cert.pem"],
  "an expired root joins": ["warning IV0531 root-cert.pem"],
  "signed by B, root-cert.pem holds A": ["error IV0521 cert-chain.pem"],
  "signed by B, root-cert.pem holds A, B in the chain": ["error IV0521 cert-chain.pem"],
  "signed by B, which A cross-signed": [],
  "an intermediate joins as a root, and signs": ["error IV0530 root-cert.pem"],
  "root-cert.pem empty": ["error IV0503 root-cert.pem"],
  "CRLF in key and certificates": [],
  "CRLF in root-cert.pem": [],
  "no newline at the ends": [],
  "text before each certificate": [],
  "byte order mark before the certificate": ["error IV0505 ca-cert.pem"],
  "byte order mark before the chain": ["error IV0505 cert-chain.pem"],
  "two certificates of the chain run together": ["error IV0505 cert-chain.pem"],
  "garbage in the chain after the intermediate": ["error IV0505 cert-chain.pem"],
  "ca-cert.pem empty": ["error IV0503 ca-cert.pem"],
  "ca-cert.pem holds a request": ["error IV0505 ca-cert.pem"],
  "ca-key.pem empty": ["error IV0503 ca-key.pem"],
  "the key in ca-cert.pem too": ["error IV0506 ca-cert.pem"],
  "ca-key.pem missing": ["error IV0502 ca-key.pem"],
  "ca-cert.pem missing": ["error IV0502 ca-cert.pem"],
  "cert-chain.pem missing": ["error IV0502 cert-chain.pem"],
  "root-cert.pem missing": ["error IV0502 root-cert.pem"],
  "all four missing": ["error IV0501 "],
};

let bundles: Bundles;
beforeAll(async () => {
  bundles = await pluginCaBundles();
});

test("every bundle has a case", () => {
  expect(Object.keys(findings)).toEqual(Object.keys(bundles));
});

test.each(Object.entries(findings))("%s", (name, expected) => {
  const found = lintPluginCaFiles(bundles[name]!, { now: NOW });
  expect(found.map(({ level, rule, file }) => `${level} ${rule} ${file}`)).toEqual(expected);
});

test("no finding of any bundle shows a line of a key", () => {
  for (const files of Object.values(bundles)) {
    const found = JSON.stringify(lintPluginCaFiles(files, { now: NOW }));
    const lines = (files.caKey ?? "").split(/\r?\n/).filter((line) => /^[A-Za-z0-9+/=]{16,}$/.test(line));
    expect(lines.filter((line) => found.includes(line))).toEqual([]);
  }
});
