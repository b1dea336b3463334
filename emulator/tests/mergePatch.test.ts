import fc from 'fast-check';
import { mergePatch } from '../src/hub/mergePatch';
import { stampPatch } from '../src/hub/metadata';
import type { Json, JsonObject } from '../src/service/types';

/** Names as twins have them, without `$`, among them those that mean something to JavaScript. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString'),
  fc.string({ maxLength: 3 }).filter((text) => !text.includes('$')),
);
const { json, object } = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 3 }),
    fc.array(tie('json'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(name, tie('json'), { maxKeys: 4 }),
}));

/** The pseudo-code of RFC 7386, section 2, over maps: names mean nothing to them. */
type Reference = Map<string, Reference> | string;

function toReference(value: Json | undefined): Reference {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) return JSON.stringify(value ?? null);
  return new Map(Object.entries(value).map(([key, member]) => [key, toReference(member)]));
}

function applyReference(target: Reference, patch: Reference): Reference {
  if (!(patch instanceof Map)) return patch;
  const result: Map<string, Reference> = target instanceof Map ? new Map(target) : new Map();
  for (const [key, value] of patch) {
    if (value === 'null') result.delete(key);
    else result.set(key, applyReference(result.get(key) ?? 'null', value));
  }
  return result;
}

describe('merge patch (RFC 7386)', () => {
  it('does what the pseudo-code of the RFC does', () => {
    fc.assert(
      fc.property(json, object, (target, patch) => {
        expect(toReference(mergePatch(target, patch))).toEqual(applyReference(toReference(target), toReference(patch)));
      }),
    );
  });

  it('changes neither the target nor the patch', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const [targetBefore, patchBefore] = [JSON.stringify(target), JSON.stringify(patch)];
        mergePatch(target, patch);
        expect([JSON.stringify(target), JSON.stringify(patch)]).toEqual([targetBefore, patchBefore]);
      }),
    );
  });

  it('applied twice is as applied once', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it('leaves no null in an object', () => {
    const nulls = (value: Json): boolean =>
      value === null || (typeof value === 'object' && !Array.isArray(value) && Object.values(value).some(nulls));
    fc.assert(fc.property(object, (section) => !nulls(mergePatch(undefined, section))));
  });
});

describe('metadata', () => {
  const stamp = { $lastUpdated: 'now', $lastUpdatedVersion: 2 };

  /** Where values are, or stamps of them. */
  const paths = (value: Json, at = ''): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, member]) =>
          key.startsWith('$') ? [] : [`${at}/${key}`, ...paths(member, `${at}/${key}`)],
        )
      : [];

  it('covers just the values that a row of patches leaves', () => {
    fc.assert(
      fc.property(fc.array(object, { maxLength: 5 }), (patches) => {
        let [values, metadata]: [JsonObject, JsonObject] = [{}, {}];
        for (const patch of patches) {
          values = mergePatch(values, patch);
          metadata = stampPatch(metadata, patch, stamp);
        }
        expect(paths(metadata).sort()).toEqual(paths(values).sort());
      }),
    );
  });
});
