import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import type { Container } from "../kubernetes-objects";

/** Asks a container's readiness probe; one without a probe is ready once it runs. */
export function isAnswering(container: Container, podIp: string): Promise<boolean> {
  const probe = container.readinessProbe?.httpGet;
  if (!probe) return Promise.resolve(true);
  const tls = probe.scheme === "HTTPS";
  const port =
    typeof probe.port === "number"
      ? probe.port
      : container.ports?.find(({ name }) => name === probe.port)?.containerPort;
  const url = `${tls ? "https" : "http"}://${podIp}:${port}${probe.path}`;
  return new Promise((resolve) => {
    // As the kubelet, it does not verify the certificate.
    const options = { timeout: 2000, rejectUnauthorized: false };
    const sent = (tls ? requestTls : requestPlain)(url, options, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(false));
    sent.end();
  });
}
