// A picture of a report: node screenshot.mjs PAGE.html PICTURE.png [WIDTH] [dark]
//
// samples/gallery/report.png is made by
//   heaptape record -o sqlite3.tape -- sqlite3 :memory: <samples/quickstart.sql
//   heaptape pack sqlite3.tape -o gallery.tape --strip host
//   heaptape report gallery.tape -o report.html --title 'sqlite3, a small database'
//   (cd tests/report && npm ci && node screenshot.mjs ../../report.html ../../samples/gallery/report.png)
import { resolve } from "node:path";
import { openBrowser, openReport } from "./browser.mjs";

const [page, picture, width, scheme] = process.argv.slice(2);
const browser = await openBrowser();
const opened = await openReport(browser, resolve(page), { width: Number(width ?? 1280), dark: scheme === "dark" });
await opened.page.screenshot({ path: picture, fullPage: true, clip: { x: 0, y: 0, width: Number(width ?? 1280), height: 1500 } });
await browser.close();
for (const fault of opened.faults) console.error(fault);
