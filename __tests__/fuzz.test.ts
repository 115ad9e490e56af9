import { fuzz } from "../fuzz/fuzz";

// `npm run check` tries ten thousand; `npm run fuzz` others each time.
test("mesh files nobody thought of load, or end in an error for people", () => {
  const { files, loaded, refused, synthesized } = fuzz(100, 2026);
  expect(files).toBe(100);
  expect(loaded).toBeGreaterThanOrEqual(20);
  expect(refused).toBeGreaterThan(50);
  expect(synthesized).toBeGreaterThan(0);
}, 60_000);
