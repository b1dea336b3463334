import peggy from 'peggy';

/** An expression of an ARM template, as `[format('{0}', parameters('name'))]` has one between its brackets. */
export type Expression =
  | { kind: 'literal'; value: string | number }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'member'; of: Expression; key: Expression };

const parser = peggy.generate(String.raw`
  expression = head:primary tail:(_ "." @name / _ "[" _ @expression _ "]")* {
    return tail.reduce((of, key) => ({ kind: 'member', of, key: typeof key === 'string' ? { kind: 'literal', value: key } : key }), head);
  }
  primary = call / text / number
  call = name:name _ "(" _ args:(head:expression tail:(_ "," _ @expression)* { return [head, ...tail]; })? _ ")" {
    return { kind: 'call', name, args: args ?? [] };
  }
  text = "'" characters:("''" { return "'"; } / [^'])* "'" { return { kind: 'literal', value: characters.join('') }; }
  number = digits:$("-"? [0-9]+) { return { kind: 'literal', value: Number(digits) }; }
  name = $([A-Za-z_$][A-Za-z0-9_$]*)
  _ = [ \t\r\n]*
`);

/** The expression that a text of a template holds, or undefined where it is a text and no more. */
export function parseExpression(text: string): Expression | undefined {
  if (!text.startsWith('[') || !text.endsWith(']') || text.startsWith('[[')) return undefined;
  return parser.parse(text.slice(1, -1)) as Expression;
}
