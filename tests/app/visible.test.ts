import fc from 'fast-check';
import { visible as ofTheEmulator } from '../../emulator/src/service/visible';
import { visible as ofTheHost } from '../../local-host/src/visible';
import { logInLines } from '../../src/app/logInLines';
import { visible } from '../../src/visible';
import { recordingContext } from './functionCalls';

const copies = [visible, ofTheEmulator, ofTheHost];
const obeyed = /(?!\t)\p{Cc}|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test.each(copies)('nothing that a terminal obeys is left of a text, and all else stays', (spelled) => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('a', '\n', '\r', '\u001b', '\u202e', '\u2028', 'é', '😀')) });
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (given) => {
      expect(spelled(given)).not.toMatch(obeyed);
      if (!obeyed.test(given)) expect(spelled(given).length).toBeGreaterThanOrEqual(given.length);
    }),
  );
  expect(spelled('a\u001b[2K\r\nfail: \u202eb')).toBe('a\\u001b[2K\\r\\nfail: \\u202eb');
  expect(spelled('Zürich 😀 \t …')).toBe('Zürich 😀 \t …');
});

test('what a function logs is one line a message, whatever a device called itself; a stack keeps its lines', () => {
  const { context, logged } = recordingContext();
  logInLines(context);
  context.log('devices/%s changed', 'a\n[2030] fail: b');
  context.error('failed:', new Error('c\nd'));
  const [told, failed = ''] = logged;
  expect(told).toBe('information: devices/a\\n[2030] fail: b changed');
  expect(failed).toMatch(/^error: failed: Error: c\\nd\n {4}at /);
});
