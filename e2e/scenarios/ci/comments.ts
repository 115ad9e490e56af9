import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommentsService } from "../../ci/comments-service";
import type { WorkingCopy } from "../../ci/working-copy";

const TOKEN = "may-comment";

/** A script comments once, replaces that comment the next time, and leaves others' alone. */
export async function isOneComment(
  copy: WorkingCopy,
  script: string,
  environment: (url: string, token: string) => NodeJS.ProcessEnv,
): Promise<void> {
  const service = await CommentsService.start(TOKEN);
  try {
    const file = join(copy.directory, "review.md");
    const others = service.add("What does this do?", "somebody");
    await copy.output(script, environment(service.url, TOKEN));
    const first = readFileSync(file, "utf8");
    assert.deepEqual(
      service.comments.map(({ body }) => body),
      [others.body, first],
    );
    appendFileSync(file, '\nand "quotes", 100 %, ünïcode\n');
    await copy.output(script, environment(service.url, TOKEN));
    assert.deepEqual(
      service.comments.map(({ body }) => body),
      [others.body, readFileSync(file, "utf8")],
    );
    assert.notEqual((await copy.run(script, environment(service.url, "another"))).code, 0);
  } finally {
    service.stop();
  }
}
