import { parseCondition } from '../../src/conditions/conditionJson';
import { parsePropertyPath } from '../../src/conditions/propertyPath';
import { changesItself } from '../../src/tagJobs/changesItself';
import { parseTagsPatch } from '../../src/twins/tags';

const paths = {
  location: parsePropertyPath('tags.location.plant'),
  connectivity: parsePropertyPath('properties.reported.connectivity'),
};

it.each([
  [{ location: 'A' }, { location: { plant: 'B' } }, true],
  [{ location: 'A' }, { location: null }, true],
  [{ location: 'A' }, { location: { region: 'US' } }, false],
  [{ path: 'tags.location', op: 'is_defined' }, { location: { region: 'US' } }, true],
  [{ connectivity: 'wifi' }, { properties: { reported: 1 } }, false],
  [{ path: 'tags.group.x', op: '=', value: 1 }, { group: { x: null } }, true],
  [{ path: 'version', op: '<', value: 9 }, { a: 1 }, true],
  [{ path: 'deviceId', op: '=', value: 'd' }, { a: 1 }, false],
  [{ and: [{ connectivity: 'wifi' }, { not: { path: 'tags.a', op: '=', value: 1 } }] }, { a: 1 }, true],
])('whether the devices of %j change when they are tagged %j', (condition, tags, changes) => {
  expect(changesItself(parseCondition(condition, paths), parseTagsPatch(tags))).toBe(changes);
});
