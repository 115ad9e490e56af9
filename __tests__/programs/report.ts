import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ExitCode } from "../../cli/command-line/exit-code";
import { page as reportPage } from "../../cli/report/page";
import type { MeshData } from "../support/mesh-file";
import { CHROMIUM, LocalBrowser, type Look, PICTURES, SEEN } from "../support/browser";
import { changedFacts, declaredFacts, liveFacts } from "../support/report-facts";
import { TestRepository } from "../support/repository";
import { runCommand } from "../support/terminal";

/** `istio-vault report` between two commits, and its page in a real browser. */

// A hundred clusters are composed, programs are started, on a machine that may be busy.
jest.setTimeout(600_000);

const PROJECT = join(__dirname, "..", "..");
const IMAGES = join(PROJECT, "docs", "images");

const directory = mkdtempSync(join(tmpdir(), "report-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("istio-vault report --base", () => {
  const repository = new TestRepository();

  test("shows what the working copy changes, and ends with 0 also where review refuses", async () => {
    repository.changeMesh((mesh: MeshData) => {
      mesh.roots.push({ name: "b", source: "vault-pki" });
      mesh.trust = { signing: "b", bundle: ["a", "b"] };
    });
    const cwd = jest.spyOn(process, "cwd").mockReturnValue(repository.directory);
    const { code, stdout, stderr } = await runCommand(["report", "--base", "main"]);
    cwd.mockRestore();
    const base = repository.git("rev-parse", "HEAD");
    expect(stderr).toBe(`comparing the working copy with ${base}, the merge-base of main and HEAD`);
    expect(code).toBe(ExitCode.FINE);
    expect(stdout).toContain('<span class="badge error">refused</span>');
    expect(stdout).toContain("every cluster starts to sign with root b; every cluster trusts root b too");
  });
});

const inBrowser =
  CHROMIUM === undefined
    ? describe.skip.each(["the page in Chromium (skipped: chromium is not installed)"])
    : describe.each(["the page in Chromium"]);

inBrowser("%s", () => {
  const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const LOOKS: readonly Look[] = [1440, 390].flatMap((width) =>
    (["light", "dark"] as const).map((scheme) => ({ width, scheme })),
  );
  const looks = LOOKS.map((look) => [`${look.width} px, ${look.scheme}`, look] as const);
  const pages = new Map<string, string>();
  let browser: LocalBrowser;

  beforeAll(async () => {
    pages.set("2 clusters, declared", reportPage(declaredFacts(2)));
    pages.set("12 clusters, as they run", reportPage(liveFacts(12)));
    pages.set("100 clusters, as they run", reportPage(liveFacts(100)));
    pages.set("a change of 12 clusters", reportPage(changedFacts(12)));
    browser = await LocalBrowser.launch();
  });
  afterAll(() => browser.close());

  const opened = async (name: string, look: Look, test: (page: Page) => Promise<void>) => {
    const page = await browser.open(pages.get(name)!, join(directory, "report.html"), look);
    try {
      await test(page);
    } finally {
      await page.close();
    }
  };

  describe.each([
    "2 clusters, declared",
    "12 clusters, as they run",
    "100 clusters, as they run",
    "a change of 12 clusters",
  ])("%s", (name) => {
    test.each(looks)("at %s nothing is wider than the page, and no text leaves its box", (_, look) =>
      opened(name, look, async (page) => {
        expect(await page.evaluate(tooWide)).toEqual([]);
      }),
    );

    test.each(looks)("at %s axe finds nothing: contrast, names, order, roles", (_, look) =>
      opened(name, look, async (page) => {
        await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        expect(await page.evaluate(AXE_RUN(AXE))).toEqual([]);
      }),
    );

    test("on paper nothing is folded, cut or navigation", () =>
      opened(name, { width: 794, media: "print", scheme: "dark" }, async (page) => {
        expect(await page.evaluate(tooWide)).toEqual([]);
        expect(await page.locator("nav").isVisible()).toBe(false);
        for (const folded of await page.locator("details > :not(summary)").all()) {
          expect((await folded.boundingBox())?.height).toBeGreaterThan(0);
        }
        expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
          "rgb(255, 255, 255)",
        );
        expect(await page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")).toBe(
          "rgb(255, 255, 255)",
        );
      }));
  });

  test("by the keyboard: to the content, to each section, and what is folded opens", () =>
    opened("100 clusters, as they run", { width: 1440 }, async (page) => {
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
      expect((await page.locator(".skip").boundingBox())!.x).toBeGreaterThanOrEqual(0);
      const sections = await page.locator("nav a").count();
      for (let index = 0; index < sections; index++) {
        await page.keyboard.press("Tab");
        const id = await page.evaluate("document.activeElement.getAttribute('href')");
        expect(await page.locator(`section${id}`).count()).toBe(1);
      }
      const summary = page.locator("#time summary");
      await summary.focus();
      const [last] = await page
        .locator("#time details .line")
        .all()
        .then((lines) => lines.slice(-1));
      expect(await last.isVisible()).toBe(false);
      await page.keyboard.press("Enter");
      expect(await last.isVisible()).toBe(true);
    }));

  test("two clusters and a hundred are shown on one page each, a hundred folded to what is alike", () =>
    opened("100 clusters, as they run", { width: 1440 }, async (page) => {
      expect(await page.locator("#tree .card").count()).toBeLessThanOrEqual(30);
      expect(await page.evaluate("document.body.scrollHeight")).toBeLessThan(6000);
    }));

  test("loads nothing", () => {
    expect(browser.requested).toEqual([]);
  });

  test("npm run pictures makes its pictures, which are small, and of the page as it is", () => {
    execFileSync("npm", ["run", "--silent", "pictures", "--", directory], { cwd: PROJECT });
    for (const name of PICTURES) {
      expect(statSync(join(directory, name)).size).toBeLessThan(200_000);
      expect(statSync(join(IMAGES, name)).size).toBeLessThan(200_000);
    }
    // Where these differ, make the pictures of docs again, and look at them.
    expect(readFileSync(join(IMAGES, SEEN), "utf8")).toBe(readFileSync(join(directory, SEEN), "utf8"));
  });
});

/** What a reader would have to scroll sideways for, in the page itself. */
const tooWide = `(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    return [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > width + 1)
      .map((one) => one.tagName + "." + one.getAttribute("class"));
  }
  return [...document.querySelectorAll(".card, .glance > div, td, th, .steps li")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.textContent.trim().slice(0, 80));
})()`;

/** axe in the page, which the page itself does not let run: evaluated from outside. */
const AXE_RUN = (axe: string) => `(async () => {
  ${axe}
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | "));
})()`;
