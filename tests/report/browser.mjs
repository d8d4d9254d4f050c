// Opens a report in Chromium: what tests share.
import { chromium } from "playwright-core";

const kArguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.HEAPTAPE_CHROMIUM ?? "/usr/bin/chromium", args: kArguments });
}

// The page, once it is drawn. Whatever the console says, and each request but the file itself, is a fault.
export async function openReport(browser, path, { width = 1280, dark = false } = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const faults = [];
  page.on("console", (message) => faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== `file://${path}`) faults.push(`asks for ${request.url()}`); });
  await page.goto(`file://${path}`);
  await page.waitForSelector("html[data-ready]", { timeout: 15000 });
  return { page, faults };
}

// The middle of the flame graph's row, counted from 0, at a share of its width.
export async function clickCall(page, row, share = 0.5) {
  const box = await page.locator("#flame canvas").boundingBox();
  await page.mouse.click(box.x + box.width * share, box.y + 20 * row + 10);
}

// Drags over the timeline, by shares of the curve's width.
export async function brush(page, from, to) {
  await page.locator("#timeline").scrollIntoViewIfNeeded();
  const box = await page.locator("#timeline svg").boundingBox();
  const at = (share) => box.x + 68 + (box.width - 82) * share;
  await page.mouse.move(at(from), box.y + 100);
  await page.mouse.down();
  await page.mouse.move(at(to), box.y + 100, { steps: 4 });
  await page.mouse.up();
  await page.waitForSelector("#range strong", { timeout: 2000 });
}
