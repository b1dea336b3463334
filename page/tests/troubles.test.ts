import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './support/browser';
import { makeDevices } from './support/fleet';
import { FleetApi } from './support/fleetApi';
import { ScriptedApp } from './support/scriptedApp';
import { barriers, visit } from './support/visit';

let app: ScriptedApp;
let browser: Browser;
let api: FleetApi;

beforeAll(async () => {
  [app, browser] = await Promise.all([ScriptedApp.start(), startBrowser()]);
});
beforeEach(() => {
  api = new FleetApi(makeDevices(200));
  app.key = '';
  app.tell(api.tell);
});
afterAll(() => Promise.all([browser.close(), app.stop()]));

const enter = async (page: Page, key: string) => {
  await page.getByLabel('Function key', { exact: true }).fill(key);
  await page.keyboard.press('Enter');
};

test('a key is asked for once, kept in the tab alone, and sent in no address', async () => {
  app.key = 'secret-key';
  const { page, faults, close } = await visit(browser, `${app.url}#/device?id=valve-00021`);
  await page.getByRole('heading', { name: 'Enter a function key' }).waitFor();
  expect(await barriers(page)).toEqual([]);
  await enter(page, 'wrong');
  await page.getByRole('heading', { name: 'The key is not accepted any more' }).waitFor();
  await enter(page, 'secret-key');
  await page.getByRole('heading', { name: 'Tags' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Tags' }).waitFor();
  expect(app.asked.map(({ query }) => `${query}`).join()).not.toContain('secret-key');
  const kept = await page.evaluate(() => [location.href, document.cookie, JSON.stringify(localStorage)].join());
  expect(kept).not.toContain('secret-key');
  const other = await page.context().newPage();
  await other.goto(`${app.url}#/device?id=valve-00021`);
  await other.getByRole('heading', { name: 'Enter a function key' }).waitFor();
  expect(faults).toEqual([]);
  await close();
});

test('a key that expires takes nothing along of what was edited', async () => {
  app.key = 'old';
  const { page, close } = await visit(browser, `${app.url}#/device?id=valve-00021`);
  await enter(page, 'old');
  const floor = page.getByLabel('site.floor', { exact: true });
  await floor.fill('9');
  await floor.press('Enter');
  app.key = 'new';
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('heading', { name: 'The key is not accepted any more' }).waitFor();
  await enter(page, 'new');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(await floor.inputValue()).toBe('9');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('heading', { name: 'What is sent' }).waitFor({ state: 'detached' });
  expect(app.asked.filter(({ method }) => method === 'PATCH')).toHaveLength(2);
  await close();
});

test('where callers sign in, the page leads there and back; without a role it says which one is missing', async () => {
  let status = 401;
  app.tell(() => ({
    status,
    json: {
      type: `urn:device-twins:problem:${status === 401 ? 'not-signed-in' : 'role-missing'}`,
      detail: 'This takes the app role Fleet.Read.',
    },
  }));
  const { page, faults, close } = await visit(browser, `${app.url}#/device?id=valve-00021`);
  const link = page.getByRole('link', { name: 'Sign in' });
  await link.waitFor();
  expect(await barriers(page)).toEqual([]);
  expect(await link.getAttribute('href')).toBe(
    `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent('/api/page#/device?id=valve-00021')}`,
  );
  status = 403;
  await page.reload();
  await page.getByRole('alert').getByText('This takes the app role Fleet.Read.').waitFor();
  expect(faults).toEqual([]);
  await close();
});

test('with the hub down, what does not need it is shown, and the rest says when to try again', async () => {
  api.isHubDown = true;
  const { page, close } = await visit(browser, `${app.url}#/fleet`);
  await page.getByRole('link', { name: 'Redmond43' }).waitFor();
  await page.goto(`${app.url}#/device?id=valve-00021`);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/^The hub is not available\. .*Try again in 5 s\./);
  expect(await barriers(page)).toEqual([]);
  api.isHubDown = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Tags' }).waitFor();
  api.isHubDown = true;
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByText('What is shown is what was last answered.').waitFor();
  expect(await page.getByRole('heading', { name: 'Tags' }).count()).toBe(1);
  await close();
});

test('with the app gone, the feed says so, and goes on by itself', async () => {
  let isGone = false;
  app.tell((asked) => (isGone ? { status: 502 } : api.tell(asked)));
  const { page, close } = await visit(browser, `${app.url}#/live`);
  await page.getByRole('cell').first().waitFor();
  isGone = true;
  await page.getByRole('alert').waitFor();
  isGone = false;
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await close();
});

test.each([
  ['device?id=unknown', 'There is no such device'],
  ['job?id=unknown', 'There is no such job'],
  ['devices?by=place&location=Nowhere', 'No device is there'],
  ['jobs', 'No job yet'],
  ['device', 'Which device?'],
])('%s says %s', async (view, says) => {
  const { page, faults, close } = await visit(browser, `${app.url}#/${view}`);
  await page.getByText(says).waitFor();
  expect(await barriers(page)).toEqual([]);
  expect(faults).toEqual([]);
  await close();
});

test('a job that was done at once keeps no outcomes, and is not asked for them', async () => {
  const counts = { total: 1, succeeded: 0, failed: 1, pending: 0 };
  const job = {
    jobId: 'j',
    engine: 'direct',
    state: 'completed',
    counts,
    expectedSeconds: 1,
    createdAt: '2026-01-01T00:00:00Z',
  };
  app.tell(() => ({ json: job }));
  const { page, close } = await visit(browser, `${app.url}#/job?id=j`);
  await page.getByText('was told in the answer').waitFor();
  expect(app.asked.map(({ path }) => path)).toEqual(['tagJobs/j']);
  expect(await page.getByRole('button', { name: 'Undo…' }).count()).toBe(0);
  await close();
});

test('an answer of another version of the app is told, not shown', async () => {
  app.tell(() => ({ json: { hello: 'world' } }));
  const { page, close } = await visit(browser, `${app.url}#/device?id=valve-00021`);
  await page.getByText('load the page again').waitFor();
  await close();
});

test('every write has a content type and a header that no form of another page can send', async () => {
  const { page, close } = await visit(browser, `${app.url}#/tagging?by=condition`);
  await page.getByLabel('Condition', { exact: true }).fill('location = Redmond43');
  await page.getByRole('textbox', { name: 'Name' }).fill('plant');
  await page.getByRole('textbox', { name: 'Value' }).fill('X');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('status', { name: 'Dry run' }).waitFor();
  const writes = app.asked.filter(({ method }) => method !== 'GET');
  expect(writes.map(({ headers }) => [headers['content-type'], headers['x-requested-by']])).toEqual([
    ['application/json', 'page'],
  ]);
  await close();
});

test('a write that was cut off is sent again as the same one', async () => {
  let isCut = true;
  app.tell((asked) =>
    asked.method === 'POST' && !asked.query.has('dryRun') && isCut ? { status: 502 } : api.tell(asked),
  );
  const { page, close } = await visit(browser, `${app.url}#/tagging?by=list`);
  await page.getByLabel(/^Devices, an id a line/).fill('valve-00021');
  await page.getByRole('textbox', { name: 'Name' }).fill('plant');
  await page.getByRole('textbox', { name: 'Value' }).fill('X');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('button', { name: 'Tag them' }).click();
  await page.getByRole('alert').waitFor();
  isCut = false;
  await page.getByRole('button', { name: 'Tag them' }).click();
  await page.getByText('1 device written').waitFor();
  const keys = app.asked.flatMap(({ headers }) => headers['idempotency-key'] ?? []);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
  await close();
});
