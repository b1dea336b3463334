import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { startBrowser } from './tests/support/browser';
import { makeDevices } from './tests/support/fleet';
import { FleetApi } from './tests/support/fleetApi';
import { ScriptedApp } from './tests/support/scriptedApp';

/** Of a view: its address, and what is done before it is drawn. */
interface Shot {
  name: string;
  at: string;
  prepare?(page: Page): Promise<void>;
}

const shots: Shot[] = [
  { name: 'fleet', at: 'fleet' },
  { name: 'live', at: 'live', prepare: (page) => page.getByRole('cell').first().waitFor({ timeout: 10_000 }) },
  { name: 'devices', at: 'devices?by=place&location=Redmond43' },
  {
    name: 'device',
    at: 'device?id=valve-00021',
    async prepare(page) {
      const floor = page.getByLabel('site.floor', { exact: true });
      await floor.fill('4');
      await floor.press('Enter');
    },
  },
  {
    name: 'tagging',
    at: 'tagging?by=condition&filter=location%20%3D%20Redmond43',
    async prepare(page) {
      await page.getByRole('textbox', { name: 'Name' }).fill('tags.site.floor');
      await page.getByRole('textbox', { name: 'Value' }).last().fill('4');
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByRole('status', { name: 'Dry run' }).waitFor();
    },
  },
  { name: 'job', at: 'job?id=job-1' },
];

const looks = [
  { suffix: '', names: /./, width: 1280, height: 860, colorScheme: 'light' },
  { suffix: '-dark', names: /fleet|device$/, width: 1280, height: 860, colorScheme: 'dark' },
  { suffix: '-phone', names: /fleet|tagging/, width: 390, height: 844, colorScheme: 'light' },
] as const;

/** Draws each view over a made-up fleet into `docs/page/`, or where the command line says. */
async function draw(): Promise<void> {
  const folder = process.argv[2] ?? 'docs/page';
  const app = await ScriptedApp.start();
  const browser = await startBrowser();
  const tame = makeDevices(10_000).filter(({ deviceId, location }) => /^[\w-]{1,40}$/.test(deviceId + location));
  await mkdir(folder, { recursive: true });
  try {
    for (const { suffix, names, width, height, colorScheme } of looks) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      for (const { name, at, prepare } of shots.filter((shot) => names.test(shot.name))) {
        const api = new FleetApi(tame);
        api.perAnswer = 24;
        app.tell(api.tell);
        api.jobs.set('job-1', { jobId: 'job-1', polls: 1, total: 4210, reason: 'inventory', isCancelled: false });
        const page = await context.newPage();
        await page.goto(`${app.url}#/${at}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        await prepare?.(page);
        await page.screenshot({ path: `${folder}/${name}${suffix}.png` });
        await page.close();
      }
      await context.close();
    }
  } finally {
    await browser.close();
    await app.stop();
  }
}

draw().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
