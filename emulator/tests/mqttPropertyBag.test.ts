import fc from 'fast-check';
import { parsePropertyBag } from '../src/mqtt/topics/propertyBag';

const write = (properties: Record<string, string>) =>
  Object.entries(properties)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');

const text = fc.string({ unit: 'grapheme' });

test('a bag holds whatever was written to it', () => {
  const name = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.constant('__proto__'));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, text)), (pairs) => {
      const properties = Object.fromEntries(pairs);
      expect(Object.entries(parsePropertyBag(write(properties)))).toEqual(Object.entries(properties));
    }),
  );
});

test('any text is a bag, or its encoding is broken', () => {
  fc.assert(
    fc.property(fc.string(), (bag) => {
      try {
        parsePropertyBag(bag);
      } catch (error) {
        expect(error).toBeInstanceOf(URIError);
      }
    }),
  );
});

test.each([
  ['', {}],
  ['bare', { bare: '' }],
  ['empty=', { empty: '' }],
  ['a=b=c', { a: 'b=c' }],
  ['?a=b/', { a: 'b' }],
  ['%24.ct=text%2Fplain&', { '$.ct': 'text/plain' }],
])('%j is read as %j', (bag, properties) => {
  expect(parsePropertyBag(bag)).toEqual(properties);
});
