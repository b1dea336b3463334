import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildReal, describeReal } from './dotnet';

const vectors = join(__dirname, 'vectors');

describeReal('the vectors', () => {
  test('are what the real packages make of the inputs today, byte for byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
    try {
      const made = join(folder, 'vectors.json');
      const args = [buildReal(), 'vectors', join(vectors, 'inputs.json'), made];
      expect(spawnSync('dotnet', args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      expect(readFileSync(made, 'utf8')).toBe(readFileSync(join(vectors, 'vectors.json'), 'utf8'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});
