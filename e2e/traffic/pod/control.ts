import { createServer } from "node:http";

/** Answers to whom the tests are, past the proxy; and says what the proxy beside this pod holds. */
export const CONTROL_PORT = 9100;

type Handler = (body: string) => unknown;

const ENVOY = "http://127.0.0.1:15000/config_dump?resource=dynamic_active_secrets";

/** Serves these paths; a handler gets the request's body, and its answer is sent as JSON. */
export function control(paths: Readonly<Record<string, Handler>>): void {
  const handlers: Readonly<Record<string, Handler>> = {
    "/envoy": async () => (await fetch(ENVOY)).json(),
    ...paths,
  };
  createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    try {
      const answer = await handlers[request.url!]!(Buffer.concat(chunks).toString());
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer ?? null));
    } catch (error) {
      response.writeHead(500).end((error as Error).message);
    }
  }).listen(CONTROL_PORT);
}
