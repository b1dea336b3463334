import { readdirSync, statSync } from 'node:fs';
import { startBrowser } from './tests/support/browser';
import { makeDevices } from './tests/support/fleet';
import { FleetApi } from './tests/support/fleetApi';
import { ScriptedApp } from './tests/support/scriptedApp';
import { visit } from './tests/support/visit';

/** Of the feed, at which it is asked every two seconds. */
const changesASecond = 50;

/** Prints what the page weighs, how long it takes to be of use, and what an open feed takes of memory over some minutes (10). */
async function measure(minutes: number): Promise<void> {
  for (const name of readdirSync('dist/page').filter((each) => each.endsWith('.gz'))) {
    console.log(`${name}: ${statSync(`dist/page/${name}`).size} bytes`);
  }
  const app = await ScriptedApp.start();
  const browser = await startBrowser();
  try {
    const api = new FleetApi(makeDevices(10_000));
    api.perAnswer = changesASecond * 2;
    app.tell(api.tell);
    for (let round = 0; round < 3; round++) {
      const { page, close } = await visit(browser, `${app.url}#/fleet`);
      await page.getByRole('link', { name: 'Redmond43' }).waitFor();
      const ms = await page.evaluate(() => performance.now());
      console.log(`time to the fleet's numbers: ${Math.round(ms)} ms`);
      await close();
    }
    const { page } = await visit(browser, `${app.url}#/live`);
    const session = await page.context().newCDPSession(page);
    for (let minute = 0; minute <= minutes; minute++) {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      const said = await page.getByRole('status').first().textContent();
      console.log(`after ${minute} min: ${(usedSize / 2 ** 20).toFixed(1)} MB of heap; ${said}`);
      // The page pauses where nobody touches it.
      await page.keyboard.press('Shift');
      if (minute < minutes) await page.waitForTimeout(60_000);
    }
  } finally {
    await browser.close();
    await app.stop();
  }
}

measure(Number(process.argv[2] ?? 10)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
