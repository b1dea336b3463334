import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { encodeCsv } from '../../src/api/formats/csvEncode';
import { decodeText } from '../../src/api/formats/decodeText';
import { parseCsv } from '../../src/api/formats/parseCsv';
import { parseNdjson } from '../../src/api/formats/parseNdjson';
import { readCsv } from '../../src/api/formats/readCsv';
import { parsePropertyPath } from '../../src/conditions/propertyPath';

const paths = {
  location: parsePropertyPath('tags.location.plant'),
  connectivity: parsePropertyPath('properties.reported.connectivity'),
};
const csv = (text: string, more: Partial<typeof paths> = {}) => parseCsv(text, { ...paths, ...more });
const ndjson = (text: string, more: Partial<typeof paths> = {}) => parseNdjson(text, { ...paths, ...more });

describe('CSV', () => {
  it('reads what a library reads, with the line of each record', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', '"', '\n', '\r\n', 'é') });
    const records = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(records, fc.constantFrom('\n', '\r\n'), fc.boolean(), (wanted, end, endsLine) => {
        const quoted = wanted.map((cells) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        const text = quoted.join(end) + (endsLine ? end : '');
        const lines = quoted.map((_, index) => quoted.slice(0, index).join('\n').split('\n').length + (index && 1));
        const isBlank = (cells: string[]) => cells.length === 1 && cells[0] === '';
        const read = [...readCsv(text)];
        const library = parse(text, { relax_column_count: true, record_delimiter: end }) as string[][];
        expect(read.map(({ cells }) => cells)).toEqual(library.filter((cells) => !isBlank(cells)));
        expect(read.map(({ line }) => line)).toEqual(lines.filter((_, index) => !isBlank(wanted[index] ?? [])));
      }),
    );
  });

  it('reads bare cells as a library does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ',', '\n', ' ', '1') });
    fc.assert(
      fc.property(text, (bare) => {
        const library = parse(bare, { relax_column_count: true, skip_empty_lines: true }) as string[][];
        expect([...readCsv(bare)].map(({ cells }) => cells)).toEqual(library);
      }),
    );
  });

  it('takes names beside the location, full paths, and passes over what nobody may write', () => {
    const header = 'deviceId,plant,region,tags.site.floor,properties.reported.connectivity,version,tags.[[group]]';
    expect(csv(`\r\n${header}\r\nd1,Redmond43,"US, west",3,cellular,7,A\r\nd2,,null,"""3""",,,\r\n`)).toEqual({
      rows: [
        {
          deviceId: 'd1',
          tags: { location: { plant: 'Redmond43', region: 'US, west' }, site: { floor: 3 }, group: 'A' },
        },
        { deviceId: 'd2', tags: { location: { region: null }, site: { floor: '3' } } },
      ],
      ignoredColumns: ['properties.reported.connectivity', 'version'],
    });
  });

  it.each([
    ['semicolons', 'deviceId;plant;note\nd1;A;"x;y"\n'],
    ['tabs', 'deviceId\tplant\tnote\nd1\tA\tx;y\n'],
    ['a line that says what stands between cells', 'sep=;\r\ndeviceId;plant;note\r\nd1;A;"x;y"\r\n'],
    ['another spelling of the header', 'Device ID,plant,note\nd1,A,x;y\n'],
    ['and another', 'device_id,plant,note\nd1,A,x;y\n'],
    ['empty columns and rows at the end', 'deviceId,plant,note,,\nd1,A,x;y,,\n,,,,\n\n'],
  ])('reads what a spreadsheet makes of it: %s', (_what, text) => {
    expect(csv(text).rows).toEqual([{ deviceId: 'd1', tags: { location: { plant: 'A', note: 'x;y' } } }]);
  });

  it('tells the line of the file behind one that says what stands between cells', () => {
    expect(() => csv('sep=;\ndeviceId;plant\nd 1;A\n')).toThrow(/^Line 3: /);
    expect(() => csv('deviceId,plant,\nd1,A,B\n')).toThrow('Line 2: it has 3 cells, where the header has 2.');
  });

  it('takes the etag that a twin must have, where a record names one', () => {
    expect(csv('deviceId,ifMatch,plant\nd1,AAAAAAAAAAE=,A\nd2,,A\nd3,"""AAAAAAAAAAI=""",A\n').rows).toEqual([
      { deviceId: 'd1', tags: { location: { plant: 'A' } }, ifMatch: 'AAAAAAAAAAE=' },
      { deviceId: 'd2', tags: { location: { plant: 'A' } } },
      { deviceId: 'd3', tags: { location: { plant: 'A' } }, ifMatch: 'AAAAAAAAAAI=' },
    ]);
    expect(() => csv('deviceId,ifMatch,plant\nd1,A,A\nd2,W/A,A\n')).toThrow('Line 3: ifMatch takes one etag');
    expect(() => csv('deviceId,ifMatch\nd1,A\n')).toThrow('no column of the header names a tag');
  });

  it.each([
    ['12', 12],
    ['-1.5', -1.5],
    ['4503599627370495', 4503599627370495],
    ['true', true],
    ['null', null],
    ['{"a":[1]}', { a: [1] }],
    ['[]', []],
    ['"text"', 'text'],
    ['""', ''],
    ['007', '007'],
    ['True', 'True'],
    ['TRUE', true],
    ['FALSE', false],
    [' 12', ' 12'],
    ['12 ', '12 '],
    ['{a}', '{a}'],
    ['-', '-'],
    ['"', '"'],
    // What would not be written so again, or not be held by a twin, is no number.
    ['1.10', '1.10'],
    ['2.0', '2.0'],
    ['12E4', '12E4'],
    ['-1.5e3', '-1.5e3'],
    ['1e400', '1e400'],
    ['-0', '-0'],
    ['1234567890123456789', '1234567890123456789'],
    ['9007199254740992', '9007199254740992'],
    ['1e+21', '1e+21'],
  ])('reads the cell %s', (cell, value) => {
    const { rows } = csv(`deviceId,tags.v\nd1,"${cell.replaceAll('"', '""')}"\n`);
    expect(rows).toEqual([{ deviceId: 'd1', tags: { v: value } }]);
  });

  it('reads what an export writes', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'B', 'é', '_', '-', '1'), minLength: 1, maxLength: 4 });
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(...' 1-e."[]{}truefalsn,;\t\r\n') }),
      fc.constantFrom('TRUE', 'FALSE'),
    );
    const scalar = fc.oneof(
      text,
      fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
      fc.double({ noNaN: true, min: -9, max: 9 }),
      fc.boolean(),
    );
    const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(name, scalar, { maxKeys: 3 }));
    const fields = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
    const export_ = fields.chain((names) =>
      fc.record({
        names: fc.constant(names),
        rows: fc.array(fc.array(fc.option(value), { minLength: names.length, maxLength: names.length }), {
          minLength: 1,
          maxLength: 5,
        }),
      }),
    );
    fc.assert(
      fc.property(export_, ({ names, rows }) => {
        const header = ['deviceId', ...names.map((each) => `tags.${each}`)];
        const encoded = encodeCsv(
          header,
          rows.map((cells, n) => [`d${n}`, ...cells]),
        );
        const wanted = rows.map((cells, n) => ({
          deviceId: `d${n}`,
          tags: Object.fromEntries(
            names.flatMap((each, column) => (cells[column] === null ? [] : [[each, cells[column]]])),
          ),
        }));
        if (wanted.every(({ tags }) => Object.keys(tags).length === 0)) return;
        expect(JSON.parse(JSON.stringify(csv(encoded).rows))).toEqual(JSON.parse(JSON.stringify(wanted)));
      }),
    );
  });

  it.each([
    ['plant', '43', '43'],
    ['plant', 'true', 'true'],
    ['plant', '1.5', '1.5'],
    ['plant', '"43"', '43'],
    ['plant', 'null', null],
    ['region', '43', 43],
    ['plant:text', '[43]', '[43]'],
    ['region:text', '43', '43'],
    ['region:text', 'true', 'true'],
    ['region:text', '"a"', 'a'],
    ['region:number', '1.10', 1.1],
    ['region:number', '12E4', 120000],
    ['region:number', '007', 7],
    ['region:number', 'null', null],
    ['region:boolean', 'TRUE', true],
    ['region:json', '1.10', 1.1],
    ['region:json', '{"a":1}', { a: 1 }],
    ['[[a:number]]', '7', 7],
  ])('reads in the column %s the cell %s as %j', (column, cell, value) => {
    const { rows } = csv(`deviceId,${column}\nd1,"${cell.replaceAll('"', '""')}"\n`);
    const name = column.startsWith('[') ? 'a:number' : column.replace(/:.*/, '');
    expect(rows).toEqual([{ deviceId: 'd1', tags: { location: { [name]: value } } }]);
  });

  it('leaves the tag of an empty cell alone, in a typed column too', () => {
    const [row] = csv('deviceId,plant,floor:number\nd1,A,\n').rows;
    expect(row?.tags).toEqual({ location: { plant: 'A' } });
  });

  it('takes the connectivity for text where it is a tag', () => {
    const tagged = { connectivity: parsePropertyPath('tags.net') };
    expect(csv('deviceId,tags.net\nd1,5\n', tagged).rows).toEqual([{ deviceId: 'd1', tags: { net: '5' } }]);
  });

  it('puts an inner tag into the object of an outer column', () => {
    expect(csv('deviceId,tags.a.b,tags.a\nd1,2,"{""b"":1,""c"":3}"\n').rows).toEqual([
      { deviceId: 'd1', tags: { a: { b: 2, c: 3 } } },
    ]);
  });

  it('keeps a tag named __proto__ a tag', () => {
    const [row] = csv('deviceId,tags.__proto__.x\nd1,1\n').rows;
    expect(JSON.stringify(row?.tags)).toBe('{"__proto__":{"x":1}}');
  });

  it.each([
    ['nothing', '', 'names no device'],
    ['a header alone', 'deviceId,plant\n', 'names no device'],
    ['no deviceId', 'plant\nA', 'Line 1: the header lacks deviceId'],
    ['no tag', 'deviceId,version\nd1,1', 'Line 1: no column of the header names a tag'],
    ['a column twice', 'deviceId,plant,plant\nd1,A,B', "Line 1: the header has 'plant' twice"],
    ['a column of elsewhere', 'deviceId,twins.plant\nd1,A', "Line 1: column 'twins.plant' is neither"],
    ['a path without an end', 'deviceId,tags.a.\nd1,A', "Line 1: column 'tags.a.' is neither"],
    ['a name against the limits', 'deviceId,my plant\nd1,A', 'Line 1: tags.location.my plant has'],
    ['a short record', 'deviceId,plant\nd1,A\nd2\n', 'Line 3: it has 1 cells, where the header has 2'],
    ['a long record', 'deviceId,plant\nd1,A,B\n', 'Line 2: it has 3 cells, where the header has 2'],
    ['a bad device id', 'deviceId,plant\nd 1,A\n', 'Line 2: A device id has'],
    ['a missing device id', 'deviceId,plant\n,A\n', 'Line 2: A device id has'],
    ['a device twice', 'deviceId,plant\nd1,"A\nB"\nd1,B\n', 'Line 4: device d1 stands in line 2 already'],
    [
      'a list with a number too large',
      'deviceId,region\nd1,[12345678901234567890]\n',
      'Line 2: tags.location.region[0] is',
    ],
    [
      'no number in a column of numbers',
      'deviceId,floor:number\nd1,1\nd2,one\n',
      "Line 3: column 'floor:number' has 'one'",
    ],
    ['a number that no twin holds', 'deviceId,n:number\nd1,1234567890123456789\n', "Line 2: column 'n:number' has"],
    [
      'a type that there is not',
      'deviceId,floor:integer\nd1,1\n',
      "Line 1: column 'floor:integer': the types are text, number",
    ],
    ['nothing to write', 'deviceId,plant\nd1,\n', 'nothing would be written'],
    ['a long text', `deviceId,plant\nd1,${'x'.repeat(4097)}\n`, 'Line 2: tags.location.plant is longer'],
    ['a quote in a bare cell', 'deviceId,plant\nd1,A"B\nd2,C\n', 'Line 2: a quote stands inside'],
    ['text after a quoted cell', 'deviceId,plant\nd1,"A"B\nd2,C\n', 'Line 2: text follows the closing quote'],
    ['an open quote', 'deviceId,plant\nd1,A\nd2,"B\nd3,C\n', 'Line 3: the quote that opens a cell in line 3 is never'],
    ['a tag inside a value', 'deviceId,tags.a,tags.a.b\nd1,1,2\n', "Line 2: column 'tags.a.b' lies inside"],
  ])('refuses %s', (_name, text, message) => {
    expect(() => csv(text)).toThrow(message);
  });

  it('needs full paths where the location is no tag', () => {
    const reported = parsePropertyPath('properties.reported.plant');
    expect(() => csv('deviceId,plant\nd1,A', { location: reported })).toThrow("column 'plant' needs its full path");
    expect(csv('deviceId,tags.plant\nd1,A', { location: reported }).rows).toHaveLength(1);
  });

  it('tells ten faults at once', () => {
    const lines = Array.from({ length: 30 }, (_, n) => (n % 2 ? `d${n},ok` : `d ${n},bad`));
    const text = `deviceId,plant\n${lines.join('\n')}`;
    expect(() => csv(text)).toThrow(expect.objectContaining({ faults: expect.any(Array) }));
    expect(() => csv(text)).toThrow(/Line 2: .* Line 20: .* and more after these$/);
    expect(() => csv(text)).not.toThrow(/Line 22/);
  });
});

describe('NDJSON', () => {
  it('reads a device a line, and passes over what an export has besides', () => {
    const line = { deviceId: 'd1', location: 'A', connectivity: null, tags: { a: null }, properties: { reported: {} } };
    expect(ndjson(`${JSON.stringify(line)}\r\n\n{"deviceId":"d2"}`)).toEqual({
      rows: [
        { deviceId: 'd1', tags: { a: null, location: { plant: 'A' } } },
        { deviceId: 'd2', tags: {} },
      ],
      ignoredColumns: ['connectivity', 'properties'],
    });
  });

  it.each([
    ['"43"', '43'],
    ['43', '43'],
    ['true', 'true'],
    ['{"a":1}', { a: 1 }],
  ])('takes the location %s of an export as its CSV has it', (location, plant) => {
    const tags = { location: { plant } };
    expect(ndjson(`{"deviceId":"d1","location":${location}}`).rows).toEqual([{ deviceId: 'd1', tags }]);
  });

  it("reads a twin as the Azure CLI prints it, and a line of the hub's bulk export", () => {
    const twin = { deviceId: 'd1', etag: 'AAAAAAAAAAE=', deviceEtag: 'x', status: 'enabled', version: 2, modelId: '' };
    const more = { x509Thumbprint: {}, capabilities: {}, properties: { desired: {}, reported: {} }, tags: { a: 1 } };
    const bulk = { id: 'd2', eTag: 'x', status: 'enabled', authentication: {}, twinETag: 'x', tags: { a: 2 } };
    const { rows } = ndjson([{ ...twin, ...more }, bulk].map((each) => JSON.stringify(each)).join('\n'));
    expect(rows).toEqual([
      { deviceId: 'd1', tags: { a: 1 } },
      { deviceId: 'd2', tags: { a: 2 } },
    ]);
  });

  it('takes a connectivity that is a tag, and a location beside other tags of it', () => {
    const tagged = { connectivity: parsePropertyPath('tags.net') };
    const line = {
      deviceId: 'd1',
      location: 'A',
      connectivity: 'wifi',
      tags: { location: { plant: 'A', region: 'EU' } },
    };
    expect(ndjson(JSON.stringify(line), tagged).rows).toEqual([
      { deviceId: 'd1', tags: { location: { plant: 'A', region: 'EU' }, net: 'wifi' } },
    ]);
  });

  it('passes over a location that is no tag', () => {
    const elsewhere = { location: parsePropertyPath('properties.reported.plant') };
    expect(ndjson('{"deviceId":"d1","location":"A","tags":{"a":1}}', elsewhere)).toEqual({
      rows: [{ deviceId: 'd1', tags: { a: 1 } }],
      ignoredColumns: ['location'],
    });
  });

  it('takes the etag that a twin must have', () => {
    expect(ndjson('{"deviceId":"d1","tags":{"a":1},"ifMatch":"AAAAAAAAAAE="}').rows).toEqual([
      { deviceId: 'd1', tags: { a: 1 }, ifMatch: 'AAAAAAAAAAE=' },
    ]);
  });

  it.each([
    ['nothing', '\n', 'names no device'],
    ['nothing to write', '{"deviceId":"d1","location":null}\n{"deviceId":"d2","tags":{}}', 'nothing would be written'],
    [
      'two locations',
      '{"deviceId":"d1","location":"A","tags":{"location":{"plant":"B"}}}',
      'Line 1: location and tags.location.plant say different things',
    ],
    [
      'a location within no object',
      '{"deviceId":"d1","location":"A","tags":{"location":7}}',
      'Line 1: location lies inside',
    ],
    ['broken JSON', '{"deviceId":"d1","tags":{}}\n{"deviceId"', 'Line 2: it is not well-formed JSON'],
    ['a list', '[]', 'Line 1: it is not a JSON object'],
    ['no device', '{"tags":{}}', 'Line 1: it lacks deviceId'],
    ['a number for a device', '{"deviceId":1,"tags":{}}', 'Line 1: it lacks deviceId'],
    ['a bad device id', '{"deviceId":"a b","tags":{}}', 'Line 1: A device id has'],
    ['an etag that is none', '{"deviceId":"d1","tags":{},"ifMatch":7}', 'Line 1: ifMatch takes one etag'],
    ['an unknown member', '{"deviceId":"d1","tag":{}}', "Line 1: it has a member 'tag'"],
    ['tags that are none', '{"deviceId":"d1","tags":"x"}', 'Line 1: The body must be a JSON object'],
    ['a tag against the limits', '{"deviceId":"d1","tags":{"a.b":1}}', 'Line 1: tags.a.b has'],
    [
      'a device twice',
      '{"deviceId":"d1","tags":{}}\n\n{"deviceId":"d1"}',
      'Line 3: device d1 stands in line 1 already',
    ],
  ])('refuses %s', (_name, text, message) => {
    expect(() => ndjson(text)).toThrow(message);
  });
});

describe('the text of a body', () => {
  it('loses its byte order mark', () => {
    expect(decodeText(Buffer.from('\ufeffdeviceId'))).toBe('deviceId');
  });

  it('may be UTF-16 with its mark; without it, what it is is told', () => {
    const marked = Buffer.from('\ufeffdeviceId', 'utf16le');
    expect(decodeText(marked)).toBe('deviceId');
    expect(decodeText(Buffer.from(marked).swap16())).toBe('deviceId');
    const bytes = Buffer.from('deviceId', 'utf16le');
    expect(() => decodeText(bytes)).toThrow('Line 1: it is UTF-16 without its mark; save the file as UTF-8.');
    expect(() => decodeText(bytes.swap16())).toThrow('it is UTF-16');
  });

  it('must be UTF-8, and the line is told', () => {
    expect(() => decodeText(Buffer.from('a\nb\n\xe9\nc', 'latin1'))).toThrow('Line 3: it is not UTF-8');
  });
});
