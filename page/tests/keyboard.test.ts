import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './support/browser';
import { longId, makeDevices } from './support/fleet';
import { FleetApi } from './support/fleetApi';
import { ScriptedApp } from './support/scriptedApp';
import { tabTo, type Visit, visit } from './support/visit';

let app: ScriptedApp;
let browser: Browser;
let api: FleetApi;
let visited: Visit;
let page: Page;
const devices = makeDevices(2000);

beforeAll(async () => {
  [app, browser] = await Promise.all([ScriptedApp.start(), startBrowser()]);
});
afterAll(() => Promise.all([browser.close(), app.stop()]));
afterEach(async () => {
  expect(visited.faults).toEqual([]);
  await visited.close();
});

async function open(view: string): Promise<void> {
  api = new FleetApi(devices);
  app.tell(api.tell);
  visited = await visit(browser, `${app.url}#/${view}`);
  ({ page } = visited);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

const written = (method: string) => app.asked.filter((asked) => asked.method === method);

test('from the fleet to a device of a place', async () => {
  await open('fleet');
  await tabTo(page, '7 days');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Redmond43' }).waitFor();
  await tabTo(page, 'Redmond43');
  await page.keyboard.press('Enter');
  await page.getByText(/^\d+ devices$/).waitFor();
  await tabTo(page, /^(pump|valve|meter|gateway|chiller)-\d+$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Tags' }).waitFor();
});

test('a device of 128 characters is found, tagged, and told why', async () => {
  await open('fleet');
  await tabTo(page, 'Open a device by its id');
  await page.keyboard.type(`${longId}\n`);
  await page.getByRole('heading', { name: longId }).waitFor();
  await page.getByLabel('site.floor', { exact: true }).waitFor();
  await tabTo(page, 'site.floor');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('12\n');
  await tabTo(page, 'Remove site.line');
  await page.keyboard.press('Enter');
  await tabTo(page, 'New tag');
  await page.keyboard.type('site.hall');
  await tabTo(page, 'Value');
  await page.keyboard.type('"7"\n');
  const sent = page.getByText('"hall": "7"');
  await sent.waitFor();
  expect(JSON.parse((await sent.textContent()) ?? '')).toEqual({ site: { floor: 12, line: null, hall: '7' } });
  await tabTo(page, 'Why (kept with the change)');
  await page.keyboard.type('new hall');
  await tabTo(page, 'Send');
  await page.keyboard.press('Enter');
  await sent.waitFor({ state: 'detached' });
  const [patch] = written('PATCH');
  expect(patch).toMatchObject({
    path: `devices/${longId}/tags`,
    body: '{"site":{"floor":12,"line":null,"hall":"7"}}',
  });
  expect(patch?.headers).toMatchObject({ 'if-match': '"etag-7"', 'content-type': 'application/json' });
  expect(patch?.query.get('reason')).toBe('new hall');
});

test('who was slower sees the difference, and puts theirs on top', async () => {
  await open('device?id=valve-00021');
  await page.getByLabel('site.floor', { exact: true }).waitFor();
  await tabTo(page, 'site.floor');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('5\n');
  await tabTo(page, 'Send');
  api.version = 8;
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Somebody else was faster' }).waitFor();
  await page.getByText('None of its tags has').waitFor();
  expect(await page.getByRole('row', { name: 'site.floor 3 3 5' }).count()).toBe(1);
  await tabTo(page, 'Put mine on top of what is there now');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Send');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'What is sent' }).waitFor({ state: 'detached' });
  expect(written('PATCH').map(({ headers }) => headers['if-match'])).toEqual(['"etag-7"', '"etag-8"']);
});

test('a change is undone from the history', async () => {
  await open('device?id=valve-00021');
  await page.getByRole('button', { name: 'Undo…' }).first().waitFor();
  await tabTo(page, 'Undo…');
  await page.keyboard.press('Enter');
  await tabTo(page, 'See what would be undone');
  await page.keyboard.press('Enter');
  await page.getByRole('status', { name: 'Dry run' }).waitFor();
  await tabTo(page, 'Undo');
  await page.keyboard.press('Enter');
  await page.getByText('1 device written').waitFor();
  // The twin has another version by now, and its history is read anew.
  await page.getByText('8', { exact: true }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(await page.getByText('1 device written').count()).toBe(1);
  const [tried, done] = written('POST');
  expect(tried?.path).toBe('devices/valve-00021/changes/change-0/undo');
  expect(tried?.query.get('dryRun')).toBe('true');
  expect(done?.query.get('dryRun')).toBeNull();
  expect(done?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  expect(done?.headers['content-type']).toBe('application/json');
});

test('a thousand are tagged only after their number was typed; the job is followed and cancelled', async () => {
  await open('tagging?by=condition');
  await tabTo(page, 'Condition');
  await page.keyboard.type('location = Redmond43');
  await tabTo(page, 'Name');
  await page.keyboard.type('tags.site.floor');
  await tabTo(page, 'Value');
  await page.keyboard.type('4');
  await tabTo(page, 'Why (kept with each change)');
  await page.keyboard.type('inventory');
  await tabTo(page, 'Dry run');
  await page.keyboard.press('Enter');
  const go = page.getByRole('button', { name: 'Tag them' });
  await go.waitFor();
  expect(await go.isDisabled()).toBe(true);
  await tabTo(page, /^This writes to/);
  await page.keyboard.type('200\n');
  expect(written('POST')).toHaveLength(1);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('2,000\n');
  await page.getByRole('heading', { name: 'Tag job' }).waitFor();
  expect(JSON.parse(written('POST')[1]?.body ?? '')).toEqual({
    filter: 'location = Redmond43',
    cells: { 'tags.site.floor': '4' },
  });
  await tabTo(page, /^Cancel/);
  await page.keyboard.press('Enter');
  await page.getByText('cancelled', { exact: true }).waitFor();
  await tabTo(page, 'Jobs', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('inventory').waitFor();
});

test('a list is tagged at once, and what failed is told', async () => {
  await open('tagging?by=list');
  await tabTo(page, 'Devices, an id a line');
  await page.keyboard.type('valve-1\nvalve-1');
  await tabTo(page, 'Dry run');
  await page.keyboard.press('Enter');
  await page.getByText('valve-1 stands in the list twice.').waitFor();
  expect(written('POST')).toEqual([]);
  await tabTo(page, 'Devices, an id a line', 'Shift+Tab');
  await page.keyboard.press('Backspace');
  await page.keyboard.type(`2\n${longId}`);
  await tabTo(page, 'Name');
  await page.keyboard.type('plant');
  await tabTo(page, 'Value');
  await page.keyboard.type('Dublin12\n');
  await page.getByRole('button', { name: 'Tag them' }).waitFor();
  await tabTo(page, 'Tag them');
  await page.keyboard.press('Enter');
  await page.getByText('2 devices written').waitFor();
  expect(await page.getByRole('row', { name: /failed 404/ }).count()).toBe(1);
  expect(JSON.parse(written('POST')[1]?.body ?? '')).toEqual({
    deviceIds: ['valve-1', 'valve-2', longId],
    cells: { plant: 'Dublin12' },
  });
});

test('the hub is asked page by page, on request alone; what is chosen goes to be tagged', async () => {
  await open('devices?by=condition');
  await tabTo(page, 'Condition');
  await page.keyboard.type('tags.site.floor = 3');
  await tabTo(page, 'Columns besides');
  await page.keyboard.type('tags.site.floor');
  await tabTo(page, 'Take this condition');
  await page.keyboard.press('Enter');
  await page.getByText('Ready to ask the hub').waitFor();
  expect(app.asked).toEqual([]);
  await tabTo(page, 'Ask the hub');
  await page.keyboard.press('Enter');
  await page.getByText('100 devices so far').waitFor();
  await page.getByText('2,000 meet this.').waitFor();
  expect(app.asked).toHaveLength(1);
  await tabTo(page, `Choose ${longId}`);
  await page.keyboard.press('Space');
  await tabTo(page, 'Tag the chosen', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('1 device', { exact: true }).waitFor();
  expect(await page.getByLabel(/^Devices, an id a line/).inputValue()).toBe(longId);
});

test('the feed is filtered, paused, and followed again from where it stood', async () => {
  await open('live');
  await tabTo(page, 'Path, and below it');
  await page.keyboard.type('tags.site');
  await tabTo(page, 'Pause', 'Shift+Tab');
  await page.getByRole('cell').first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Paused ·').waitFor();
  const before = app.asked.at(-1);
  expect(before?.query.get('path')).toBe('tags.site');
  await tabTo(page, 'Go on', 'Shift+Tab');
  const count = app.asked.length;
  await page.keyboard.press('Enter');
  await page.getByText('Asking every 2 s').waitFor();
  expect(app.asked.length).toBeGreaterThan(count);
  expect(Number(app.asked[count]?.query.get('after'))).toBe(Number(before?.query.get('after')) + 1);
});
