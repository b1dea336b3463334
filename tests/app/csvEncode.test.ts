import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { encodeCsv } from '../../src/api/formats/csvEncode';
import { parseCsv } from '../../src/api/formats/parseCsv';
import { parsePropertyPath } from '../../src/conditions/propertyPath';
import type { Json } from '../../src/json';

const paths = {
  location: parsePropertyPath('tags.location.plant'),
  connectivity: parsePropertyPath('properties.reported.connectivity'),
};

/** Reads CSV by RFC 4180 alone. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let line: string[] = [];
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) throw new Error(`Not CSV: ${JSON.stringify(text)}`);
    line.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}

/** What a cell stands for: JSON where it reads as such, else a string. */
function readCell(cell: string): Json | undefined {
  if (cell === '') return undefined;
  try {
    return JSON.parse(cell) as Json;
  } catch {
    return cell;
  }
}

test.each<[Json | undefined, string]>([
  ['Redmond43', 'Redmond43'],
  [undefined, ''],
  [null, ''],
  ['', '""""""'],
  [7, '7'],
  ['7', '"""7"""'],
  ['true', '"""true"""'],
  ['null', '"""null"""'],
  [false, 'false'],
  [{ a: [1, 'b'] }, '"{""a"":[1,""b""]}"'],
  ['{"a":1}', '"""{\\""a\\"":1}"""'],
  ['{a}', '{a}'],
  ['a, b', '"a, b"'],
  ['say "a"', '"say ""a"""'],
  [' a', '" a"'],
  ['a\nb', '"""a\\nb"""'],
  ['\ud800', '"""\\ud800"""'],
  ['=1+1', '"""=1+1"""'],
  ['+49 89', '"""+49 89"""'],
  ['-5 °C', '"""-5 °C"""'],
  ['@SUM(A1)', '"""@SUM(A1)"""'],
  ['\t=1', '"""\\t=1"""'],
  ['\r=1', '"""\\r=1"""'],
  ['＝1+1', '"""＝1+1"""'],
  ['a;=1+1', '"""a\\u003b=1+1"""'],
  [{ a: 'b;=1' }, '"{""a"":""b\\u003b=1""}"'],
  [-5, '-5'],
  ['1=1; 2', '1=1; 2'],
  ['é☃😀', 'é☃😀'],
])('the value %j is the cell %s', (value, cell) => {
  expect(encodeCsv(['deviceId', 'a', 'b'], [['d1', value, 1]])).toBe(`deviceId,a,b\r\nd1,${cell},1\r\n`);
});

test.each(['17', 'true', 'null', '1e5', "a,b'c", '=1+1', '-a', '+a', '@a', 'a;=1', ';@'])(
  'the device %s can be tagged by what was written of it',
  (deviceId) => {
    const { rows } = parseCsv(encodeCsv(['deviceId', 'tags.a'], [[deviceId, '17']]), paths);
    expect(rows).toEqual([{ deviceId, tags: { a: '17' } }]);
  },
);

it('leaves no text that a spreadsheet would run, whichever sign separates its cells, and is read back', () => {
  const sign = fc.constantFrom(...'=+-@＝＋－＠\t\r');
  const text = fc.string({ unit: fc.oneof(sign, fc.constantFrom('a', '1', '"', ',', ';', ' ', '!', '\n')) });
  const id = fc.stringMatching(/^[=+@;a1-]{1,8}$/);
  fc.assert(
    fc.property(fc.tuple(id, text, text), ([deviceId, ...values]) => {
      const encoded = encodeCsv(['deviceId', 'tags.a', 'tags.b'], [[deviceId, ...values]]);
      expect((parse(encoded) as string[][]).flat().filter((cell) => /^\s*[=+@＝＋－＠-]/.test(cell))).toEqual([]);
      // Where another sign separates cells, quotes of ours are none of theirs.
      expect(encoded).not.toMatch(/[;\t][\s"\\]*[=+@＝＋－＠-]/);
      expect(parseCsv(encoded, paths).rows).toEqual([{ deviceId, tags: { a: values[0], b: values[1] } }]);
    }),
    { numRuns: 500 },
  );
});

it('has as many lines as devices, and a header where there are none', () => {
  expect(encodeCsv(['deviceId', 'a,b'], [])).toBe('deviceId,"a,b"\r\n');
});

it('is read back as it was, whatever the values, in UTF-8', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.json(),
    fc.stringMatching(/^[ ",\r\n\t\ufeff]*$/),
  );
  const values = fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(undefined),
  );
  const rows = fc.array(fc.tuple(values, fc.jsonValue(), values), { maxLength: 5 });
  fc.assert(
    fc.property(rows, (given) => {
      const sent = new TextDecoder('utf-8', { fatal: true }).decode(
        Buffer.from(
          encodeCsv(
            ['deviceId', 'a', 'b', 'c'],
            given.map((row) => ['d1', ...(row as Json[])] as const),
          ),
        ),
      );
      const [header, ...lines] = readCsv(sent);
      expect(header).toEqual(['deviceId', 'a', 'b', 'c']);
      // null is absent, as in a twin; JSON knows no negative zero.
      const expected = given.map((row) => row.map((value) => (value === null ? undefined : plain(value))));
      expect(lines.map(([, ...line]) => line.map(readCell))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
