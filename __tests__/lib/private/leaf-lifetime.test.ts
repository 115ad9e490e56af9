import { maxLeafSeconds } from "../../../lib/private/leaf-lifetime";

test.each([
  [{}, 86_400],
  [{ env: { OTHER: "1" } }, 86_400],
  [{ env: { MAX_WORKLOAD_CERT_TTL: "1h30m" } }, 5400],
  [{ pilot: { env: { MAX_WORKLOAD_CERT_TTL: "90s" } }, env: { MAX_WORKLOAD_CERT_TTL: "1h" } }, 90],
  [{ env: { MAX_WORKLOAD_CERT_TTL: "a day" } }, undefined],
  [{ env: { MAX_WORKLOAD_CERT_TTL: "" } }, undefined],
  [{ env: { MAX_WORKLOAD_CERT_TTL: 24 } }, undefined],
])("with %j a leaf lives %p seconds at most", (values, seconds) => {
  expect(maxLeafSeconds(values)).toBe(seconds);
});
