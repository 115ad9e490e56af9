import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDirectory } from "../../../cli/lint/read-directory";

const newDirectory = () => mkdtempSync(join(tmpdir(), "lint-"));

test("reads the files that are there by istiod's names", () => {
  const directory = newDirectory();
  writeFileSync(join(directory, "ca-cert.pem"), "one");
  writeFileSync(join(directory, "root-cert.pem"), "");
  expect(readDirectory(directory)).toEqual({
    files: { caKey: undefined, caCert: "one", certChain: undefined, rootCert: "" },
    findings: [],
  });
});

test("finds the files that istiod would read instead", () => {
  const directory = newDirectory();
  writeFileSync(join(directory, "tls.crt"), "");
  expect(
    readDirectory(directory).findings.map(({ file, message, rule }) => [file, `${message} (${rule})`]),
  ).toEqual([
    [
      "tls.crt",
      "is there, so istiod reads tls.crt, tls.key and ca.crt instead of the four plug-in CA files; move it elsewhere (IV0504)",
    ],
  ]);
});

test("fails for what is no directory", () => {
  expect(() => readDirectory(join(newDirectory(), "nowhere"))).toThrow(
    /nowhere is no directory; give the one that holds ca-cert.pem$/,
  );
});
