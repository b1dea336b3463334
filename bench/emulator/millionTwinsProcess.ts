import type { Million } from './millionTwins';
import { startHub } from './queries';

const twins = 1_000_000;

function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

async function measure(): Promise<Million> {
  if (!globalThis.gc) throw new Error('Run with --expose-gc.');
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const hub = await startHub(twins, 80);
  globalThis.gc();
  const bytesPerTwin = (process.memoryUsage().heapUsed - before) / twins;
  const query = (text: string) => hub.query(text, {});
  const equality = "SELECT * FROM devices WHERE tags.location.plant = 'Rare'";
  return {
    bytesPerTwin,
    scanMs: time(() => query("SELECT * FROM devices WHERE NOT (tags.location.plant != 'Rare')")),
    firstMs: time(() => query(equality)),
    indexedMs: time(() => query(equality)),
    countMs: time(() => query("SELECT COUNT() AS n FROM devices WHERE tags.location.plant = 'Redmond43'")),
  };
}

measure().then((million) => console.log(JSON.stringify(million)));
