import "reflect-metadata";
import { isSelfSigned, isValidAt, pathToRoot, sameCertificates } from "../../../cli/status/certificates";
import { certificateOf } from "../../support/running-mesh";
import { inDays, NOW, TestCa } from "../../support/test-ca";

test("the shortest way up tells who signs, also with the new root cross-signed by the old one in the chain", async () => {
  const [a, b] = await Promise.all([TestCa.issue({ name: "A" }), TestCa.issue({ name: "B" })]);
  const crossSigned = await TestCa.issue({ name: "B", issuer: a, key: b });
  const intermediate = await TestCa.issue({ name: "I", issuer: b });
  const leaf = await TestCa.issue({ name: "leaf", issuer: intermediate, ca: false });
  const chain = [leaf, intermediate, crossSigned].map(certificateOf);
  const [rootA, rootB] = [a, b].map(certificateOf);
  const end = (...roots: (typeof rootA)[]) => pathToRoot(chain, roots)?.at(-1)?.fingerprint256;
  expect(end(rootA, rootB)).toBe(rootB.fingerprint256);
  expect(pathToRoot(chain, [rootA, rootB])).toHaveLength(3);
  expect(end(rootA)).toBe(rootA.fingerprint256);
  expect(pathToRoot(chain, [rootA])).toHaveLength(4);
  expect(pathToRoot([chain[0]], [rootA, rootB])).toBeUndefined();
  expect(pathToRoot([], [rootA])).toBeUndefined();
});

test("names and key ids alone make no issuer, and keys of another kind no error", async () => {
  const one = await TestCa.issue({ name: "A" });
  for (const key of [undefined, { name: "Ed25519" }]) {
    const namesake = await TestCa.issue({ name: "A", key });
    const claiming = await TestCa.issue({ name: "I", issuer: one, authority: namesake });
    expect(pathToRoot([certificateOf(claiming)], [certificateOf(namesake)])).toBeUndefined();
  }
  const intermediate = await TestCa.issue({ name: "I", issuer: one });
  expect(isSelfSigned(certificateOf(one))).toBe(true);
  expect(isSelfSigned(certificateOf(intermediate))).toBe(false);
});

test("bundles are equal in the same order alone, and certificates valid between their dates", async () => {
  const [a, b] = (await Promise.all([TestCa.issue({ name: "A" }), TestCa.issue({ name: "B" })])).map(
    certificateOf,
  );
  expect(sameCertificates([a, b], [a, b])).toBe(true);
  expect(sameCertificates([a, b], [b, a])).toBe(false);
  expect(isValidAt(a, NOW)).toBe(true);
  expect(isValidAt(a, inDays(-2))).toBe(false);
  expect(isValidAt(a, inDays(4000))).toBe(false);
});
