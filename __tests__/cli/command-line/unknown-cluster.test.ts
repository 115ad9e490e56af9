import { unknownCluster } from "../../../cli/command-line/unknown-cluster";
import { ExitCode } from "../../../cli/command-line/exit-code";

test("names the clusters there are, in the order of mesh.yaml", () => {
  const { message, exitCode } = unknownCluster("zürich", ["west", "east"]);
  expect(message).toBe('no cluster "zürich"; mesh.yaml has: west, east');
  expect(exitCode).toBe(ExitCode.USAGE);
});

test("of a thousand names those that are nearest", () => {
  const fleet = Array.from({ length: 1000 }, (_, index) => `cluster${index + 1}`);
  expect(unknownCluster("clutser777", fleet, "that signs").message).toMatch(
    /^no cluster "clutser777" that signs; mesh\.yaml has: cluster777, .+ and 995 more$/,
  );
});
