import fc from 'fast-check';
import { rewriteDate } from '../src/dotnet/dates';
import { readDateTimeOffset, writeDateTimeOffset } from '../src/dotnet/dateTimeOffset';
import { readJson, writeJson } from '../src/dotnet/newtonsoft';
import { encodeJson } from '../src/dotnet/systemTextJson';

const rewrite = (text: string) => writeJson(readJson(text));

/** Dates, and what is nearly one. */
const date = fc
  .tuple(
    fc.date({ min: new Date('0002-01-01T00:00:00Z'), max: new Date('9998-12-31T00:00:00Z'), noInvalidDate: true }),
    fc.constantFrom('', '.1', '.1200000', '.1234567', '.12345678'),
    fc.constantFrom('', 'Z', 'z', '+00:00', '-05:00', '+0530', '+99:99', ' '),
  )
  .map(([at, fraction, zone]) => at.toISOString().slice(0, 19) + fraction + zone);
const json = fc.jsonValue({ noUnicodeString: false, depthSize: 'large' });

/** JSON that .NET writes in other letters: of JavaScript's, only numbers with an exponent. */
const isPlain = (text: string) => !/\d[eE][+-]?\d/.test(text);

describe('JSON that is read and written again', () => {
  it('is the same as before where it holds no dates and no odd numbers, byte for byte', () => {
    const plain = json.map((value) => JSON.stringify(value)).filter((text) => isPlain(text));
    const named = plain.filter((text) => !/[\x85\u2028\u2029]|\\ud[89a-f]|\d\.\d|-0/.test(text));
    fc.assert(fc.property(named, (text) => expect(rewrite(text)).toBe(text)));
  });

  it('means the same as before but for its dates', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(writeJson(readJson(text, { dates: false })))).toEqual(JSON.parse(text));
        expect(JSON.parse(encodeJson(readJson(text, { dates: false })))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('stays as it is when it is read and written once more', () => {
    const dated = fc.array(fc.oneof(json, date, fc.double(), fc.bigInt().map(String)));
    fc.assert(
      fc.property(dated, (value) => {
        const once = rewrite(JSON.stringify(value));
        expect(rewrite(once)).toBe(once);
      }),
    );
  });

  it('is read whatever space stands in it', () => {
    const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t', '/* a comment */');
    fc.assert(
      fc.property(space, space, (before, after) => {
        expect(
          rewrite(
            `${before}[${before}1${after},${before}{${before}"a"${after.replace(/\/.*\//, '')}:2}${after}]${after}`,
          ),
        ).toBe('[1,{"a":2}]');
      }),
    );
  });
});

describe('a date', () => {
  it('is the same moment when it was rewritten', () => {
    fc.assert(
      fc.property(date, (text) => {
        const written = rewriteDate(text);
        if (written === undefined || /99:99|0530/.test(text)) return;
        expect(Date.parse(written)).toBe(
          Date.parse(text.toUpperCase().replace(/\.\d+/, (digits) => digits.slice(0, 4))),
        );
      }),
    );
  });

  it('of an event stays the same when it was read and written once more', () => {
    fc.assert(
      fc.property(date, (text) => {
        fc.pre(/^[^.]+(\.\d+)?(Z|[+-]\d\d:[0-5]\d)$/.test(text));
        const once = writeDateTimeOffset(readDateTimeOffset(text));
        expect(writeDateTimeOffset(readDateTimeOffset(once))).toBe(once);
        expect(Date.parse(once)).toBe(Date.parse(text));
      }),
    );
  });
});

test.each([
  '',
  '{',
  '[1',
  '{"a"}',
  '{"a":1,,}',
  '{a b:1}',
  '"a',
  '"\\x"',
  '01x',
  '1 2',
  '-',
  'nul',
  '{"a":}',
  '['.repeat(65),
])('%j is not taken', (text) => {
  expect(() => readJson(text)).toThrow(/^(Unexpected (character|end)|The reader's MaxDepth of 64)/);
});
