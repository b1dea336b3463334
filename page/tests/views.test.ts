import type { Browser } from 'playwright-core';
import { startBrowser } from './support/browser';
import { hostile, longId, makeDevices } from './support/fleet';
import { FleetApi } from './support/fleetApi';
import { ScriptedApp } from './support/scriptedApp';
import { barriers, visit } from './support/visit';

let app: ScriptedApp;
let browser: Browser;
let api: FleetApi;
const devices = makeDevices(3000);

beforeAll(async () => {
  [app, browser] = await Promise.all([ScriptedApp.start(), startBrowser()]);
});
beforeEach(() => {
  api = new FleetApi(devices);
  api.jobs.set('job-1', { jobId: 'job-1', polls: 2, total: 1000, reason: hostile, isCancelled: false });
  app.tell(api.tell);
});
afterAll(() => Promise.all([browser.close(), app.stop()]));

const views: [view: string, shows: string][] = [
  ['fleet', 'Where they are, and how connected'],
  ['live', 'Time'],
  [`devices?by=place&location=${encodeURIComponent(hostile)}`, 'connectivity'],
  ['devices?by=condition&filter=location%20%3D%20A', 'Ask the hub'],
  [`device?id=${longId}`, 'as desired'],
  ['tagging?by=list', 'Devices, an id a line'],
  ['tagging?by=file', 'CSV or NDJSON, up to 8 MB'],
  ['tagging?by=condition', 'Build it by clicking'],
  ['jobs', '500 of 1,000'],
  ['job?id=job-1', 'There is no such device.'],
  ['nowhere', 'There is no such view'],
];

const looks = [
  ['light', { colorScheme: 'light', viewport: { width: 1280, height: 800 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 800 } }],
  ['on a phone', { colorScheme: 'light', viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' }],
] as const;

describe.each(looks)('%s', (_, look) => {
  test.each(views)('%s shows what it has, keeps nobody out, and runs nothing that devices say', async (view, shows) => {
    const { page, faults, close } = await visit(browser, `${app.url}#/${view}`, look);
    await page.getByText(shows).first().waitFor();
    await page.waitForLoadState('networkidle');
    expect(await barriers(page)).toEqual([]);
    expect(await page.title()).toMatch(/Device twins$/);
    expect(await page.evaluate(() => document.querySelectorAll('img, iframe, main script, [onerror]').length)).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    await close();
  });
});

test('what devices say is shown to the letter, and what would turn it round is spelled out', async () => {
  const { page, close } = await visit(browser, `${app.url}#/device?id=${longId}`);
  await page.getByRole('heading', { name: longId }).waitFor();
  expect(await page.getByLabel('site.note', { exact: true }).inputValue()).toBe(hostile);
  expect(await page.getByLabel('owner', { exact: true }).inputValue()).toBe('"maintenance\\u202eteam"');
  expect(await page.getByText(hostile).first().textContent()).toBe(hostile);
  await close();
});

test('the fleet is shown from the last point of the trends: nobody counts, and the hub is not asked', async () => {
  const { page, close } = await visit(browser, `${app.url}/#/fleet?range=7d`);
  await page.getByRole('link', { name: 'Redmond43' }).waitFor();
  await page.locator('.plot canvas').first().waitFor();
  expect([...new Set(app.asked.map(({ path }) => path))].sort()).toEqual(['changes', 'trends']);
  const matrix = page.getByRole('region', { name: 'Devices by location and connectivity' });
  const all = await matrix
    .getByRole('row', { name: /^Redmond43/ })
    .getByRole('cell')
    .last()
    .textContent();
  const count = devices.filter(({ location }) => location === 'Redmond43').length;
  expect(all).toMatch(new RegExp(`^${count.toLocaleString('en')} \\d`));
  await close();
});

test('a number that nobody has counted for long is marked', async () => {
  const stale = new Date(Date.now() - 3_600_000).toISOString();
  app.tell((asked) =>
    asked.path === 'trends'
      ? { json: { step: 300, times: [stale], total: [3], enabled: [3], changes: [null], series: [] } }
      : api.tell(asked),
  );
  const { page, close } = await visit(browser, `${app.url}#/fleet`);
  await page.getByText('Stale: counted 60 min ago').waitFor();
  await page.getByText('No device has a location').waitFor();
  await close();
});

test('before the first count the page says so, and asks the registry only on request', async () => {
  app.tell((asked) =>
    asked.path === 'trends'
      ? { json: { step: 300, times: [], total: [], enabled: [], changes: [], series: [] } }
      : api.tell(asked),
  );
  const { page, close } = await visit(browser, `${app.url}#/fleet`);
  await page.getByText('Nothing was counted yet').waitFor();
  expect(app.asked.filter(({ path }) => path === 'statistics')).toEqual([]);
  await page.getByRole('button', { name: 'Ask the registry' }).click();
  await page.getByText('2,997 enabled').waitFor();
  await close();
});
