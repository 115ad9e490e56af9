import { writeFileSync } from "node:fs";
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

/** Writes them to a directory, each of the same page. */
export async function takePictures(markup: string, directory: string): Promise<void> {
  const browser = await LocalBrowser.launch();
  try {
    for (const [name, scheme] of [
      [PICTURES[0], "light"],
      [PICTURES[1], "dark"],
    ] as const) {
      const page = await browser.open(markup, join(directory, "report.html"), { width: 1180, scheme });
      const clip = { x: 0, y: 0, width: 1180, height: 1330 };
      await page.screenshot({ path: join(directory, name), clip, fullPage: true });
    }
  } finally {
    await browser.close();
  }
}
