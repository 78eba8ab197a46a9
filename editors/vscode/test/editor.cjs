// Drives VS Code in Chromium as a user would, and says what it shows. Run by ../test.sh.
const fs = require("node:fs");
const path = require("node:path");
const puppeteer = require("puppeteer-core");

const shots = process.env.SHOTS;
fs.mkdirSync(shots, { recursive: true });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let passed = 0;
let failed = 0;
function check(what, fine, seen) {
  if (fine) passed += 1;
  else failed += 1;
  console.log(fine ? `ok   ${what}` : `FAIL ${what}: ${JSON.stringify(seen)}`);
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu"],
    headless: true,
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 860 });
  const shot = (name) => page.screenshot({ path: path.join(shots, `${name}.png`) });
  const chord = async (...keys) => {
    for (const key of keys) await page.keyboard.down(key);
    for (const key of [...keys].reverse()) await page.keyboard.up(key);
  };
  /** Waits until `read` gives something that `fine` takes, and returns the last that it gave. */
  const until = async (read, fine, seconds = 20) => {
    let seen;
    for (let n = 0; n < seconds * 5; n += 1) {
      seen = await read();
      if (fine(seen)) return seen;
      await pause(200);
    }
    return seen;
  };
  const texts = (selector) =>
    page.$$eval(selector, (elements) => elements.map((element) => element.innerText.replace(/\s+/g, " ").trim()));
  /** Types into the list that `keys` open, and takes the row with `row` in it once it is there. */
  const choose = async (keys, typed, row) => {
    for (let tries = 0; tries < 2; tries += 1) {
      await chord(...keys);
      const options = { visible: true, timeout: 15000 };
      const input = await page.waitForSelector(".quick-input-box input", options).catch(() => null);
      if (!input) continue;
      await pause(500);
      await input.evaluate((element) => element.focus());
      await page.keyboard.type(typed, { delay: 15 });
      const rows = () => texts(".quick-input-list .monaco-list-row");
      const seen = await until(rows, (found) => found[0]?.includes(row), 30);
      if (!seen[0]?.includes(row)) await shot(`try-${tries}`);
      if (seen[0]?.includes(row)) {
        await page.keyboard.press("Enter");
        await pause(800);
        return;
      }
      await page.keyboard.press("Escape");
      await pause(500);
    }
    console.log(`there was no ${row} in the list`, await texts(".quick-input-list .monaco-list-row"));
    await shot(`missing-${row.replace(/\W+/g, "-")}`);
  };
  const open = async (typed, name = typed) => {
    await choose(["Control", "KeyP"], typed, name);
    const tabs = () => texts(".tab.active .label-name");
    await until(tabs, (found) => found.some((tab) => tab.includes(name)), 15);
    await pause(800);
  };
  const run = (command) => choose(["Control", "Shift", "KeyP"], command, command);
  const squiggles = () => page.$$eval(".squiggly-warning, .squiggly-error, .squiggly-info", (found) => found.length);
  const goTo = async (place) => {
    await chord("Control", "KeyG");
    await pause(600);
    await page.keyboard.type(place, { delay: 10 });
    await page.keyboard.press("Enter");
    await pause(400);
  };

  await page.goto(process.env.URL, { waitUntil: "domcontentloaded" });
  await page.waitForSelector(".monaco-workbench", { timeout: 60000 });
  const explorer = () => texts(".explorer-folders-view .monaco-list-row");
  await until(explorer, (found) => found.some((row) => row.includes("slow.py")), 90);
  await pause(3000);

  await open("slow.py");
  check("a finding is underlined", (await until(squiggles, (n) => n > 0, 40)) > 0, await squiggles());
  await chord("Control", "Shift", "KeyM");
  const problems = () => texts(".markers-panel .monaco-list-row");
  const rows = await until(problems, (found) => found.some((row) => row.includes("list-membership-in-loop")));
  check("the problems name the rule and the place", rows.some((row) => /list-membership-in-loop.*Ln 4, Col 32/.test(row)), rows);
  const hints = await texts("[class*='dyn-rule'], .inlay-hint");
  await shot("1-finding");

  await chord("Control", "Digit1");
  await goTo("4:34");
  await chord("Control", "KeyK");
  await chord("Control", "KeyI");
  const hover = await until(() => texts(".monaco-hover"), (found) => found.join(" ").includes("O("), 10);
  check("the hover says what it costs", /O\(xs/.test(hover.join(" ")), hover);
  await shot("2-hover");
  await page.keyboard.press("Escape");

  await chord("Control", "Period");
  const actions = await until(() => texts(".action-widget .monaco-list-row"), (found) => found.length > 0, 10);
  await shot("3-actions");
  check("quick fix, silence and explanation are offered", actions.length >= 3 && actions.some((a) => /Explain/.test(a)), actions);
  await page.keyboard.press("Enter");
  const lines = () => texts(".monaco-editor .view-lines");
  const fixed = await until(lines, (found) => /set\(ys\)/.test(found.join(" ")), 10);
  check("the quick fix is applied", /= set\(ys\)/.test(fixed.join(" ").replace(/\u00a0/g, " ")), fixed);
  const left = await until(squiggles, (n) => n === 0, 10);
  check("the finding goes", left === 0, left);
  await shot("4-fixed");
  await chord("Control", "Digit1");
  await chord("Control", "KeyZ");
  check("and comes back by undo", (await until(squiggles, (n) => n > 0, 10)) > 0, await squiggles());
  // The editor makes no room for a lens above the first line before somebody works in the text.
  const lenses = await until(() => texts(".codelens-decoration"), (found) => found.some((lens) => /finding/.test(lens)));
  check("a lens counts the findings", lenses.some((lens) => /1 finding/.test(lens)), lenses);

  await goTo("4:34");
  await run("looplint: Explain Finding");
  /** The text of the first panel that has `pattern` in it. */
  const panel = async (pattern) => {
    for (const one of page.frames().filter((frame) => !frame.detached && frame.parentFrame())) {
      try {
        const text = await one.evaluate(() => document.body?.innerText ?? "");
        if (pattern.test(text)) return text;
      } catch {
        // A panel that is being replaced.
      }
    }
    return "";
  };
  const explained = await until(() => panel(/O\(xs/), (text) => text !== "", 30);
  check("the explanation says what it costs", explained !== "", await texts(".notifications-toasts"));
  await shot("5-explained");
  await chord("Control", "Digit1");

  await open("circling.json");
  check("a trace has its finding", (await until(squiggles, (n) => n > 0, 20)) > 0, await squiggles());
  const crumbs = await texts(".breadcrumbs-below-tabs, .monaco-breadcrumbs");
  const traceRows = await until(problems, (found) => found.some((row) => /circling|repeat|loop/i.test(row)));
  check("and it is among the problems", traceRows.length > 0, { traceRows, crumbs });
  await shot("6-trace");
  await run("looplint: Open Trace Timeline");
  const timeline = await until(() => panel(/Oslo/), (text) => text !== "", 30);
  check("its timeline is shown", timeline !== "", await texts(".notifications-toasts"));
  await shot("7-timeline");

  await open("data/settings.json", "settings.json");
  await pause(1500);
  check("other JSON has no finding", !(await problems()).some((row) => row.includes("settings.json")), await problems());

  await run("looplint: Check Workspace");
  const toast = await until(() => texts(".notifications-toasts .notification-list-item-message"), (t) => /looplint: \d/.test(t.join()), 30);
  check("the workspace is checked", /looplint: [1-9]\d* findings? in \d+ files?/.test(toast.join()), toast);
  const all = await until(problems, (found) => found.some((row) => row.startsWith("elsewhere.py")), 15);
  check("with files that are not open", all.some((row) => row.startsWith("elsewhere.py")), all);
  await shot("8-workspace");

  await open("slow.py");
  const language = await page.$("[id='status.languageStatus']");
  if (language) await language.click();
  const status = await until(() => texts(".hover-language-status"), (found) => found.join().includes("looplint"), 10);
  check("the status names version and configuration", /looplint \d+\.\d+\.\d+.*no configuration file/.test(status.join(" ")), status);
  await shot("9-status");

  if (process.env.VERBOSE) console.log({ hints });
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
