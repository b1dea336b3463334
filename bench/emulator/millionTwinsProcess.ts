import type { Million, Taken } from './millionTwins';
import { startHub } from './queries';

const twins = 1_000_000;

/**
 * Turns the loop as fast as it goes and takes the longest time between two turns: no pause hides between samples, and those
 * of the garbage collector count too.
 */
async function time(work: () => Promise<unknown>): Promise<Taken> {
  const start = performance.now();
  let last = start;
  let pauseMs = 0;
  let isDone = false;
  const turn = () => {
    const now = performance.now();
    pauseMs = Math.max(pauseMs, now - last);
    last = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  const ms = performance.now() - start;
  isDone = true;
  await new Promise(setImmediate);
  return { ms, pauseMs };
}

async function measure(): Promise<Million> {
  if (!globalThis.gc) throw new Error('Run with --expose-gc.');
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const hub = await startHub(twins, 80);
  globalThis.gc();
  const bytesPerTwin = (process.memoryUsage().heapUsed - before) / twins;
  const query = (text: string) => time(() => hub.query(text, {}));
  const equality = "SELECT * FROM devices WHERE tags.location.plant = 'Rare'";
  return {
    bytesPerTwin,
    scan: await query("SELECT * FROM devices WHERE NOT (tags.location.plant != 'Rare')"),
    first: await query(equality),
    indexed: await query(equality),
    count: await query("SELECT COUNT() AS n FROM devices WHERE tags.location.plant = 'Redmond43'"),
  };
}

measure().then((million) => console.log(JSON.stringify(million)));
