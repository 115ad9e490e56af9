import { columns } from "../../../cli/command-line/columns";

const ROWS = [
  ["cluster", "istiod answers with", "Vault"],
  ["cluster1", "serial 32:d9", "version 5 not yet served (written 14s ago)"],
  ["cluster2", "unreachable: no answer within 15 s"],
];

test("are aligned", () => {
  expect(columns(ROWS)).toEqual([
    "cluster   istiod answers with  Vault",
    "cluster1  serial 32:d9         version 5 not yet served (written 14s ago)",
    "cluster2  unreachable: no answer within 15 s",
  ]);
});

test("fold between words where the terminal is narrower, the widest first", () => {
  expect(columns(ROWS, 50)).toEqual([
    "cluster   istiod answers with  Vault",
    "cluster1  serial 32:d9         version 5 not yet",
    "                               served (written 14s",
    "                               ago)",
    "cluster2  unreachable: no answer within 15 s",
  ]);
});

test("keep a word whole, however narrow the terminal is", () => {
  expect(columns([["name", "a-name-that-is-copied and more"]], 10)).toEqual([
    "name  a-name-that-is-copied",
    "      and more",
  ]);
});

test("of no rows are none", () => {
  expect(columns([])).toEqual([]);
});
