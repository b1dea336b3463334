import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { surveyFile } from '../../fleet/survey';

test('among 60,000 devices, whose hashes meet, those that stand twice are found, and no others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'survey-'));
  const file = join(folder, 'fleet.csv');
  const ids = Array.from({ length: 60_000 }, (_, n) => `device-${String(n).padStart(8, '0')}`);
  const rows = [...ids, ids[0], ids[23_456]].map((id) => `${id},Redmond43\n`);
  await writeFile(file, `deviceId,plant\n${rows.join('')}`);
  const { signal } = new AbortController();
  const first = { deviceId: ids[0], line: 60_002, firstLine: 2 };
  const second = { deviceId: ids[23_456], line: 60_003, firstLine: 23_458 };
  expect(await surveyFile({ file, format: 'csv' }, 20, signal)).toEqual({
    devices: 60_002,
    bad: [],
    repeated: [first, second],
  });
  expect(await surveyFile({ file, format: 'csv' }, 1, signal)).toEqual({ devices: 60_002, bad: [], repeated: [first] });
  await rm(folder, { recursive: true });
});
