/** One line of a condition that is built by clicking. */
export interface Term {
  path: string;
  op: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'startswith' | 'is_defined' | 'not is_defined';
  value: string;
}

export const operators: readonly (readonly [Term['op'], string])[] = [
  ['=', 'is'],
  ['!=', 'is not'],
  ['<', 'is below'],
  ['<=', 'is at most'],
  ['>', 'is above'],
  ['>=', 'is at least'],
  ['startswith', 'begins with'],
  ['is_defined', 'is there'],
  ['not is_defined', 'is not there'],
];

export const needsValue = (op: Term['op']): boolean => !op.endsWith('is_defined');

/** The terms in the filter language, all of which must hold; lines that are not filled in say nothing. */
export function toWords(terms: readonly Term[]): string {
  return terms
    .filter(({ path, op, value }) => path.trim() !== '' && (value.trim() !== '' || !needsValue(op)))
    .map(({ path, op, value }) => {
      const at = path.trim();
      if (!needsValue(op)) return `${op}(${at})`;
      return op === 'startswith' ? `startswith(${at}, ${JSON.stringify(value)})` : `${at} ${op} ${wordOf(value)}`;
    })
    .join(' and ');
}

/** Numbers, truth values, times relative to now and what is quoted already stand as they are; the rest is text. */
function wordOf(value: string): string {
  const text = value.trim();
  const stands = /^(-?\d+(\.\d+)?|true|false|now[+-]\d+[smhdw]|"(?:[^"\\]|\\.)*")$/i.test(text);
  return stands ? text : JSON.stringify(text);
}
