import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './support/browser';
import { makeDevices } from './support/fleet';
import { FleetApi } from './support/fleetApi';
import { ScriptedApp } from './support/scriptedApp';
import { visit } from './support/visit';

let app: ScriptedApp;
let browser: Browser;
let api: FleetApi;
const devices = makeDevices(10_000).map((each) => ({ ...each, location: 'Redmond43' }));

beforeAll(async () => {
  [app, browser] = await Promise.all([ScriptedApp.start(), startBrowser()]);
});
beforeEach(() => {
  api = new FleetApi(devices);
  app.tell(api.tell);
});
afterAll(() => Promise.all([browser.close(), app.stop()]));

/** Counts repaints of the rows, and notes how long the longest task was, from now on. */
const watch = (page: Page) =>
  page.evaluate(() => {
    const watched = { longest: 0, repaints: 0, most: 0 };
    Object.assign(globalThis, { watched });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watched.longest = Math.max(watched.longest, duration);
    }).observe({ type: 'longtask' });
    const main = document.querySelector('main');
    if (!main) return;
    new MutationObserver(() => {
      watched.repaints++;
      watched.most = Math.max(watched.most, document.querySelectorAll('[role=row]').length);
    }).observe(main, { childList: true, subtree: true, characterData: true });
  });

const watched = (page: Page) =>
  page.evaluate(
    () => (globalThis as unknown as { watched: { longest: number; repaints: number; most: number } }).watched,
  );

/**
 * The longest task that may be, in milliseconds. On a quiet machine it is below 100, which `npm run measure:page` tells; a
 * busy one, as tests run on, stretches each by several times.
 */
const mostMs = 500;

/**
 * The least of what some rounds measure: a machine that is busy with other work makes each task longer at times, and the page
 * itself would do so each time.
 */
async function leastOf(most: number, round: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 3 && least > most; count++) least = Math.min(least, await round());
  return least;
}

test('10,000 devices are read and scrolled through and no task blocks the page', async () => {
  const longest = await leastOf(mostMs, async () => {
    const { page, faults, close } = await visit(browser, `${app.url}#/devices?by=place&location=Redmond43`);
    await page.getByText('1,000 devices so far').waitFor();
    await watch(page);
    await page.getByRole('button', { name: 'Read ten pages' }).click();
    await page.getByText('10,000 devices', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Devices' }).evaluate(async (rows) => {
      for (let at = 0; at < rows.scrollHeight; at += rows.scrollHeight / 60) {
        rows.scrollTop = at;
        await new Promise(requestAnimationFrame);
      }
      rows.scrollTop = rows.scrollHeight;
    });
    await page.getByRole('link', { name: devices.at(-1)?.deviceId ?? '' }).waitFor();
    const told = await watched(page);
    expect(told.most).toBeLessThan(150);
    expect(faults).toEqual([]);
    await close();
    return told.longest;
  });
  expect(longest).toBeLessThanOrEqual(mostMs);
}, 90_000);

test('at 100 changes a second there are ten repaints a second at most, 500 rows kept, and no task blocks the page', async () => {
  api.perAnswer = 200;
  const longest = await leastOf(mostMs, async () => {
    const { page, faults, close } = await visit(browser, `${app.url}#/live`);
    await page.getByRole('cell').first().waitFor();
    await watch(page);
    const from = Date.now();
    await page.getByText(/ · [\d,]{4,} changes, the last 500 shown/).waitFor({ timeout: 20_000 });
    const seconds = (Date.now() - from) / 1000;
    const told = await watched(page);
    expect(told.repaints / seconds).toBeLessThanOrEqual(10);
    expect(told.most).toBeLessThanOrEqual(501);
    const table = page.getByRole('table', { name: 'Changes, newest first' });
    expect(await table.getAttribute('aria-rowcount')).toBe('501');
    expect(faults).toEqual([]);
    await close();
    return told.longest;
  });
  expect(longest).toBeLessThanOrEqual(mostMs);
}, 90_000);

describe('a feed that nobody looks at', () => {
  const feedRequests = () => app.asked.filter(({ path }) => path === 'changes').length;

  test('is asked ever more seldom while nothing changes', async () => {
    app.tell(() => ({ json: { changes: [], next: '1' } }));
    const { page, close } = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(`${app.url}#/live`);
    await page.getByText('Waiting for a change').waitFor();
    for (let minute = 0; minute < 10; minute++) {
      await page.clock.runFor(60_000);
      // The answers come in real time.
      await page.waitForLoadState('networkidle');
    }
    expect(feedRequests()).toBeLessThan(40);
    await close();
  });

  test('pauses after a quarter of an hour without input, says so, and goes on when asked to', async () => {
    app.tell(() => ({ json: { changes: [], next: '1' } }));
    const { page, close } = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(`${app.url}#/live`);
    await page.getByText('Waiting for a change').waitFor();
    await page.clock.fastForward(16 * 60_000);
    await page.clock.runFor(60_000);
    await page.getByText('nobody touched this page for 15 minutes').waitFor();
    const asked = feedRequests();
    await page.clock.runFor(600_000);
    expect(feedRequests()).toBe(asked);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.clock.runFor(200);
    await page.getByText(/^ ?Asking/).waitFor();
    expect(feedRequests()).toBeGreaterThan(asked);
    await close();
  });

  test('is not asked in a hidden tab', async () => {
    const { page, close } = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(`${app.url}#/live`);
    await page.getByText('Waiting for a change').waitFor();
    await page.clock.runFor(3000);
    await page.getByRole('cell').first().waitFor();
    const hide = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    const asked = feedRequests();
    await page.clock.runFor(600_000);
    expect(feedRequests()).toBe(asked);
    const next = page.waitForRequest(/changes/);
    await hide(false);
    await next;
    await close();
  });
});
