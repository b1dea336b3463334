import { rewriteDate } from './dates';
import { writeDouble } from './doubles';

/** JSON that was read: objects and lists, and of everything else the text that stands for it when it is written again. */
export type Json = string | Json[] | Map<string, Json>;

/** Levels that `JsonTextReader` goes down into. */
const maxDepth = 64;

/** Longest integer that it takes, in characters. */
const maxIntegerLength = 380;

const space = /(?:[\0\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|\/\*.*?\*\/|\/\/[^\r\n]*)*/sy;
const quoted = /"([^"\\]*(?:\\.[^"\\]*)*)"|'([^'\\]*(?:\\.[^'\\]*)*)'/sy;
const identifier = /[\p{L}\p{Nd}_$]+/uy;
const word = /(?:true|false|null|undefined|NaN|-?Infinity)(?=[\]},\s/]|$)/y;
const number = /[-.\d][-+.\da-fA-FxX]*(?=[\]},)\s/]|$)/y;
const escapes = /\\(?:u([\da-fA-F]{4})|([btnfr\\"'/])|.)/gs;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Characters by the letter that stands for them behind a backslash. */
const escaped: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };

/** Text that Newtonsoft.Json does not take for JSON. */
export class JsonReaderError extends Error {
  override readonly name = 'JsonReaderError';
}

interface ReadOptions {
  /** Whether strings that look like dates become such. */
  dates?: boolean;
}

/**
 * Reads JSON as Newtonsoft.Json does by default (`JToken.Parse`): strings that look like dates become such, fractions
 * become doubles, of two equal names the last one stays, and much is taken that is no JSON.
 *
 * @throws JsonReaderError, RangeError
 */
export function readJson(text: string, { dates = true }: ReadOptions = {}): Json {
  return new Reader(text, dates).read();
}

/** The same by `JsonConvert.DeserializeObject`, to which no text at all is null. @throws JsonReaderError, RangeError */
export function deserializeJson(text: string, options?: ReadOptions): Json {
  return text.trim() === '' ? 'null' : readJson(text, options);
}

/** Writes it again, as `JsonTextWriter` does without indentation. */
export function writeJson(json: Json): string {
  if (typeof json === 'string') return json;
  if (Array.isArray(json)) return `[${json.map(writeJson).join(',')}]`;
  return `{${[...json].map(([name, value]) => `${writeString(name)}:${writeJson(value)}`).join(',')}}`;
}

/** A string as `JsonTextWriter` writes it. */
export function writeString(text: string): string {
  return JSON.stringify(text).replace(/[\x85\u2028\u2029]/g, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

class Reader {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly dates: boolean,
  ) {}

  read(): Json {
    const json = this.#value(1);
    this.#take(space);
    if (this.#at < this.text.length) this.#refuse();
    return json;
  }

  #value(depth: number): Json {
    this.#take(space);
    const next = this.text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#list(depth);
    if (next === '"' || next === "'") return this.#string();
    // Nothing before a comma.
    if (next === ',') return 'undefined';
    const literal = this.#take(word)?.[0];
    if (literal !== undefined) return /^(NaN|-?Infinity)$/.test(literal) ? `"${literal}"` : literal;
    return this.#number();
  }

  #object(depth: number): Json {
    this.#enter(depth);
    const members = new Map<string, Json>();
    while (!this.#skip('}')) {
      const name = this.#name();
      if (!this.#skip(':')) this.#refuse();
      members.set(name, this.#value(depth + 1));
      if (!this.#skip(',') && !this.#isNext('}')) this.#refuse();
    }
    return members;
  }

  #list(depth: number): Json {
    this.#enter(depth);
    const items: Json[] = [];
    while (!this.#skip(']')) {
      items.push(this.#value(depth + 1));
      if (!this.#skip(',') && !this.#isNext(']')) this.#refuse();
    }
    return items;
  }

  #enter(depth: number): void {
    if (depth > maxDepth) throw new JsonReaderError(`The reader's MaxDepth of ${maxDepth} has been exceeded.`);
    this.#at++;
  }

  #name(): string {
    const found = this.#take(quoted);
    return found ? this.#unescape(found) : (this.#take(identifier)?.[0] ?? this.#refuse());
  }

  #string(): string {
    const text = this.#unescape(this.#take(quoted) ?? this.#refuse());
    return writeString((this.dates && rewriteDate(text)) || text);
  }

  #unescape([, double, single = '']: RegExpExecArray): string {
    const text = double ?? single;
    if (!text.includes('\\')) return text;
    const plain = text.replace(escapes, (_, code?: string, letter?: string) => {
      if (code) return String.fromCharCode(Number.parseInt(code, 16));
      return letter ? (escaped[letter] ?? letter) : this.#refuse();
    });
    // Half of a pair stands for nothing.
    return plain.replace(/\p{Surrogate}/gu, '\uFFFD');
  }

  #number(): string {
    const text = this.#take(number)?.[0] ?? this.#refuse();
    if (/^0[^.eE]/.test(text)) return this.#otherBase(text);
    if (/^-?\d+$/.test(text)) {
      const isLong = text.length > maxIntegerLength;
      if (isLong) throw new JsonReaderError(`JSON integer ${text} is too large to parse.`);
      return String(BigInt(text));
    }
    return decimal.test(text) ? writeDouble(Number(text)) : this.#refuse();
  }

  /** `0x1F` and `017`. */
  #otherBase(text: string): string {
    const digits = /^0x([\da-f]{1,16})$/i.test(text)
      ? text
      : /^0[0-7]{1,22}$/.test(text)
        ? `0o${text}`
        : this.#refuse();
    return String(BigInt.asIntN(64, BigInt(digits)));
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found) this.#at = pattern.lastIndex;
    return found ?? undefined;
  }

  #isNext(character: string): boolean {
    this.#take(space);
    return this.text[this.#at] === character;
  }

  #skip(character: string): boolean {
    const isNext = this.#isNext(character);
    if (isNext) this.#at++;
    return isNext;
  }

  #refuse(): never {
    const found = this.text[this.#at];
    const what = found === undefined ? 'Unexpected end of JSON' : `Unexpected character '${found}' in JSON`;
    throw new JsonReaderError(`${what}, at position ${this.#at}.`);
  }
}
