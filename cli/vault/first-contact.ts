/** Less than between two looks of a command that waits, each of which is to try again. */
const AGAIN_AFTER_SECONDS = 4;

/**
 * Has one request find out whether a server is there, and the others wait for that: where it is not, each of a
 * thousand clusters would wait for it.
 */
export class FirstContact {
  private attempt: Promise<unknown> | undefined;

  /** @throws whatever the request fails with, or the first one did if nothing answered it */
  public async send<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    if (this.attempt !== undefined) {
      await this.attempt;
      return request();
    }
    const first = request();
    this.attempt = first;
    first.catch(() => {
      setTimeout(() => (this.attempt = undefined), AGAIN_AFTER_SECONDS * 1000).unref();
    });
    return first;
  }
}
