import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}

/** Stands in for what GitHub and GitLab have in common: a request's comments, to list, add and replace. */
export class CommentsService {
  public static async start(token: string): Promise<CommentsService> {
    const service = new CommentsService(token);
    await new Promise<void>((listening) => service.server.listen(0, "127.0.0.1", listening));
    return service;
  }

  public readonly comments: Comment[] = [];
  private readonly server: Server;

  private constructor(token: string) {
    const respond = async (request: IncomingMessage, response: ServerResponse) => {
      const { authorization, "private-token": privateToken } = request.headers;
      const allowed = authorization === `Bearer ${token}` || privateToken === token;
      response.statusCode = allowed ? 200 : 401;
      response.end(allowed ? JSON.stringify(this.answer(request, await bodyOf(request))) : "");
    };
    this.server = createServer((request, response) => void respond(request, response));
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public add(body: string, login: string): Comment {
    const comment = { id: this.comments.length + 1, user: { login }, body };
    this.comments.push(comment);
    return comment;
  }

  public stop(): void {
    this.server.close();
  }

  private answer({ method, url }: IncomingMessage, body: string): unknown {
    if (method === "GET") return this.comments;
    if (method === "POST") return this.add(body, "github-actions[bot]");
    const comment = this.comments.find(({ id }) => `${id}` === url!.split("/").pop())!;
    comment.body = body;
    return comment;
  }
}

/** A comment's text, as JSON or as a form has it. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (text === "") return "";
  if (text.startsWith("{")) return (JSON.parse(text) as { body: string }).body;
  return new URLSearchParams(text).get("body") ?? "";
}
