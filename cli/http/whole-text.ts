/** Vault takes requests of 32 MiB, and etcd objects of 1.5 MiB; what is asked for here has some kilobytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * The whole body of an answer.
 *
 * @throws Error if it is longer than any that is asked for
 */
export async function wholeText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error("its answer is longer than 32 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
