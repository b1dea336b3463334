import * as fc from 'fast-check';
import { abbreviate, inFull } from '../src/hub/abbreviation';
import { Entry } from '../src/hub/entry';
import { newIdentity, plainIdentity } from '../src/hub/identity';
import { newTwin, patchReported, patchTwin } from '../src/hub/twin';

const phrase = fc.constantFrom(
  '$metadata',
  '$lastUpdated',
  '$version',
  'Z',
  '"$version":',
  '{"$lastUpdated":"',
  '\u0001',
);
const text = fc.oneof(phrase, fc.string({ unit: 'binary' }));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ maxDepth: 5 }, text, fc.integer(), fc.dictionary(text, tie('json'), { maxKeys: 4 })),
}));

test('every JSON text is the same again', () => {
  fc.assert(
    fc.property(json, (value) => {
      const whole = JSON.stringify(value);
      expect(inFull(abbreviate(whole))).toBe(whole);
    }),
  );
});

test('a twin takes less, and is kept in full', () => {
  const identity = newIdentity({ deviceId: 'd' }, plainIdentity, { primaryKey: 'a', secondaryKey: 'b' });
  const { twin } = patchTwin(patchReported(newTwin(false), { a: { b: 1 } }).twin, { desired: { c: 2 } });
  const entry = Entry.of({ ordinal: 1, identity, twin, connected: false });
  const [, , , , desired = '', reported = ''] = entry.toText().split('\n');
  expect([desired, reported]).toEqual([JSON.stringify(twin.desired), JSON.stringify(twin.reported)]);
  expect(abbreviate(reported).length).toBeLessThan(reported.length - 50);
  expect(Entry.from('d', entry.toText())).toEqual(entry);
  expect(entry.unpack().twin).toEqual(twin);
});
