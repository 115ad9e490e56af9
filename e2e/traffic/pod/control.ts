import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

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
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const content = await handlers[request.url!]!(Buffer.concat(chunks).toString());
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(content ?? null));
    } catch (error) {
      response.writeHead(500).end((error as Error).message);
    }
  };
  createServer((request, response) => void answer(request, response)).listen(CONTROL_PORT);
}
