import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TypedData } from '../src/core/rpc';
import { writeAmqpValue } from '../src/dotnet/amqpValues';
import type { Publication } from '../src/outputs/events';
import type { Cases } from './judged';
import { RunningHost } from './runningHost';

type Refused<Whole> = Whole | { error: string };
interface Delivery {
  event: string;
  data: string | null;
}
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  delivered: Delivery[];
}
type Zone = 'UTC' | 'America/New_York';

/** What the real packages made; `tests/real/README.md` tells how. */
interface Vectors {
  newtonsoft: ({ text: string; returned: Refused<string> } & Record<Zone, Refused<string>>)[];
  eventGridOutput: Record<
    string,
    {
      returned: string;
      isText: boolean;
      error: string | null;
      published: { headers: Record<string, string>; body: string }[];
    }
  >;
  eventGridTrigger: Record<
    string,
    {
      request: { function: string; method: string; headers: Record<string, string>; body: string };
      answers: Record<Zone, Answer>;
    }
  >;
  messageProperties: { type: string; value: string; written: string }[];
}

const vectors: Vectors = JSON.parse(readFileSync(join(__dirname, '../../tests/real/vectors/vectors.json'), 'utf8'));

/** What is not as there, by the text; no JSON but for absurd dates, names twice, and what `$ref` means to .NET. */
const otherwise = new Map([
  ['"/Date(9223372036854775807)/"', 'refused, where the real reader counts beyond its integers'],
  ['"/Date(9223372036854775808)/"', 'refused, where it is a string there'],
  ['{"a":1,"b":0,"a":2}', 'the later of two equal names stays where the first stood'],
  ['{"$type":"System.Object","$id":"1","$ref":"2","$value":3}', 'taken, where it is a reference there'],
  ['[1', 'refused, where a list may be without its end'],
  ['/* comment */ {"a":1}', 'a comment is left out'],
  ['[1,/* comment */2]', 'a comment is left out'],
  ['new Date(0)', 'refused: constructors are not read'],
]);

/** Offsets before the time of zones have seconds, which .NET rounds otherwise than JavaScript. */
const beforeZones = /^"(?:0001-.*[+-]\d\d:\d\d|1883-.*)"$/;

function inZone(zone: Zone) {
  const outputs = Object.values(vectors.eventGridOutput).map(({ returned, isText }): TypedData => {
    if (isText) return { string: returned };
    return /^\d+$/.test(returned) ? { int: Number(returned) } : { json: returned };
  });
  const input = JSON.stringify({ texts: vectors.newtonsoft.map(({ text }) => text), outputs } satisfies Cases);
  const script = join(__dirname, 'judged.ts');
  const options = { input, encoding: 'utf8', env: { ...process.env, TZ: zone } } as const;
  return JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script], options)) as {
    parsed: string[];
    returned: string[];
    published: (Publication | null | 'refused')[];
  };
}

describe.each(['UTC', 'America/New_York'] as const)('what Newtonsoft.Json makes of a text, in %s', (zone) => {
  const { parsed, returned } = inZone(zone);
  const cases = vectors.newtonsoft.map((vector, index) => ({ vector, index, text: vector.text }));

  const alike = cases.filter(({ text }) => !otherwise.has(text) && !(zone !== 'UTC' && beforeZones.test(text)));

  it.each(alike)('$text', ({ vector, index }) => {
    const wanted = (written: Refused<string>) => (typeof written === 'string' ? written : 'refused');
    expect(parsed[index]).toBe(wanted(vector[zone]));
    expect(returned[index]).toBe(wanted(vector.returned));
  });
});

describe('what the Event Grid extension publishes of an output', () => {
  const { published } = inZone('UTC');

  it.each(Object.keys(vectors.eventGridOutput).map((name, index) => [name, index] as const))('%s', (name, index) => {
    const vector = vectors.eventGridOutput[name];
    const own = published[index];
    if (vector?.error) return expect(own).toBe('refused');
    const [wanted] = vector?.published ?? [];
    if (!wanted) return expect(own).toBeNull();
    expect(own).toEqual({ contentType: wanted.headers['content-type'], body: expect.any(String) });
    // An event without a time has been given one.
    const body = (own as Publication).body.replace(/("time":")[^"]+/, wanted.body.includes('"*"') ? '$1*' : '$&');
    expect(body).toBe(wanted.body);
  });
});

describe.each(['UTC', 'America/New_York'] as const)(
  'what the Event Grid webhook answers and delivers, in %s',
  (zone) => {
    let host: RunningHost;
    beforeAll(async () => {
      host = await RunningHost.start('judged', { TZ: zone });
    });
    afterAll(() => host.stop());

    // Functions of one schema are not to be had in Node; and a code that is a date is none.
    const cases = Object.keys(vectors.eventGridTrigger).filter(
      (name) => !/schema to|to a function|function of|a date/.test(name),
    );

    it.each(cases)('%s', async (name) => {
      const { request, answers } = vectors.eventGridTrigger[name] as Vectors['eventGridTrigger'][string];
      const wanted = answers[zone];
      const path = `/runtime/webhooks/EventGrid?functionName=${request.function}`;
      const reply = await host.request(request.method, path, request.headers, request.body);
      const body = wanted.body.replace(/(function: )(\w+)$/, '$1Functions.$2');
      expect([reply.status, reply.body.toString()]).toEqual([wanted.status, body]);
      expect(reply.headers).toMatchObject(wanted.headers);
      const delivered = JSON.parse((await host.request('GET', '/api/take')).body.toString());
      const parsed = wanted.delivered.map(({ event, data }) => {
        return { event: JSON.parse(event), ...(data === null ? {} : { data: JSON.parse(data) }) };
      });
      expect(sorted(delivered)).toEqual(sorted(parsed));
    });
  },
);

/** The events of a delivery run at the same time. */
function sorted(deliveries: object[]): string[] {
  return deliveries.map((each) => JSON.stringify(each)).sort();
}

/** The types of AMQP's properties, as the client here has their values. */
const kinds: Record<string, (text: string) => unknown> = {
  null: () => null,
  string: (text) => text,
  bool: (text) => text === 'true',
  byte: Number,
  sbyte: Number,
  short: Number,
  ushort: Number,
  int: Number,
  uint: Number,
  double: Number,
  DateTime: (text) => new Date(text),
  Guid: (text) => Buffer.from(text.replaceAll('-', ''), 'hex'),
  'byte[]': (text) => Buffer.from(text, 'base64'),
  ulong: (text) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(text));
    return bytes;
  },
};

describe('a property of an event', () => {
  // Of times, those that JavaScript has; a zero has no sign in what the worker makes of it.
  const cases = vectors.messageProperties.filter(
    ({ type, value }) => kinds[type] && !/\d{7}Z?$|00:00:00$|^-0$/.test(value),
  );

  it.each(cases)('$type $value', ({ type, value, written }) => {
    const own = writeAmqpValue(kinds[type]?.(value));
    expect(JSON.parse(`[{"value":${own}}]`)).toEqual(JSON.parse(written));
    if (type === 'ulong') expect(own).toBe(value);
  });
});
