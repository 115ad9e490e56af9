import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMesh } from "../../config/load-mesh";
import { readTextFile } from "../../config/text-file";
import { reason } from "../../lib/private/text";

let directory = "";
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), "text-file-"))));
afterAll(() => rmSync(directory, { recursive: true }));

function reasonFor(path: string): string | undefined {
  try {
    readTextFile(path);
  } catch (error) {
    return reason(error);
  }
  return undefined;
}

test("is read as it is", () => {
  const path = join(directory, "text");
  writeFileSync(path, "text\n");
  expect(readTextFile(path)).toBe("text\n");
});

test("does not hang on what has no end", () => {
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  expect(reasonFor(pipe)).toBe("it is no regular file");
  expect(reasonFor("/dev/zero")).toBe("it is no regular file");
});

test("is not read where it is huge, a directory or missing", () => {
  const huge = join(directory, "huge");
  writeFileSync(huge, "");
  truncateSync(huge, 2 ** 34);
  expect(reasonFor(huge)).toBe("it is larger than 16 MiB");
  expect(reasonFor(directory)).toBe("it is a directory");
  expect(reasonFor(join(directory, "nowhere"))).toBe("no such file");
});

test("says so of a mesh.yaml in one line", () => {
  expect(() => loadMesh("/dev/zero")).toThrow(
    'the file cannot be read: it is no regular file; set MESH_FILE to another path, or write a new one with "istio-vault init"  (IV0101, docs/rules.md#iv0101)',
  );
});
