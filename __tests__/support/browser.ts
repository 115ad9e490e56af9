import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { findTool } from "./tool";

/** Debian's Chromium, where it is installed. */
export const CHROMIUM = findTool("chromium");

export interface Look {
  readonly width: number;
  readonly scheme?: "light" | "dark";
  readonly media?: "print";
}

/** Opens pages of this machine; whatever they would load from elsewhere fails. */
export class LocalBrowser {
  public static async launch(): Promise<LocalBrowser> {
    // Tests run as root in containers, where the sandbox cannot start.
    return new LocalBrowser(await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] }));
  }

  /** Addresses that a page asked for, but for its own. */
  public readonly requested: string[] = [];

  private constructor(private readonly browser: Browser) {}

  /** @param file where the markup is written */
  public async open(markup: string, file: string, { width, scheme = "light", media }: Look): Promise<Page> {
    writeFileSync(file, markup);
    const own = pathToFileURL(file).href;
    const page = await this.browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    await page.route("**", (route) => {
      if (route.request().url() === own) return route.continue();
      this.requested.push(route.request().url());
      return route.abort();
    });
    await page.emulateMedia({ media: media ?? "screen", colorScheme: scheme });
    await page.goto(own);
    return page;
  }

  public close(): Promise<void> {
    return this.browser.close();
  }
}

/** The pictures of docs/report.md and the README: names, what is seen, and how. */
export const PICTURES = ["report-light.png", "report-dark.png"] as const;

/** The file beside them with the words in them. */
export const SEEN = "report.txt";

/** What of the page is in a picture, the last in part. */
const IN_PICTURE = ["h1", ".glance", "#tree", "#time"];

/** Writes them to a directory, each of the same page; the words in them, and a digest of the style they are set in. */
export async function takePictures(markup: string, directory: string): Promise<string> {
  const browser = await LocalBrowser.launch();
  const scratch = mkdtempSync(join(tmpdir(), "pictures-"));
  try {
    let words: string[] = [];
    for (const [index, scheme] of (["light", "dark"] as const).entries()) {
      const page = await browser.open(markup, join(scratch, "report.html"), { width: 1180, scheme });
      const clip = { x: 0, y: 0, width: 1180, height: 1330 };
      await page.screenshot({ path: join(directory, PICTURES[index]!), clip, fullPage: true });
      words = await Promise.all(IN_PICTURE.map((part) => page.locator(part).first().innerText()));
    }
    const style = createHash("sha256")
      .update(/<style>.*<\/style>/s.exec(markup)![0])
      .digest("hex");
    return `${words.join("\n")}\nstyle ${style}\n`;
  } finally {
    await browser.close();
    rmSync(scratch, { recursive: true });
  }
}
