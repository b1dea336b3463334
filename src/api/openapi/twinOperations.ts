import type { ProblemName } from '../http/problem';
import { queryTwinsParameters } from '../requests/queryTwinsSchemas';
import { summaryParameters } from '../requests/summarySchemas';
import { tagTwinParameters } from '../requests/twinForm';
import { json, type Operation, type Parameter } from './operation';
import { allow, filter, paging, queryParameters, reason, reasonHeader, step } from './parameters';

/** What every operation that asks the hub may answer. */
export const hubProblems = [
  'hub-throttling',
  'hub-refuses',
  'invalid-setting',
  'internal-error',
  'hub-unavailable',
] as const satisfies ProblemName[];

export const deviceId = step('deviceId', 'The id of a device, case-sensitive, URL-encoded.', 'myDeviceId', {
  minLength: 1,
  maxLength: 128,
});

const ifMatch: Parameter = {
  name: 'If-Match',
  in: 'header',
  description: 'Tag the twin of this etag only, as ETag gave it; * for any.',
  schema: { type: 'string' },
  example: '*',
};

const tags = {
  move: { summary: 'Give it a location', value: { location: { region: 'US', plant: 'Redmond43' } } },
  remove: { summary: 'Remove a tag', value: { location: { floor: null } } },
};

/** One twin, and the hub's statistics. */
export const twinOperations: Operation[] = [
  {
    operationId: 'getTwin',
    method: 'get',
    path: '/api/devices/{deviceId}',
    summary: 'Get a twin, as the hub has it now',
    parameters: [deviceId],
    answers: { 200: { description: 'The twin.', headers: ['ETag'], content: json('Twin') } },
    problems: ['invalid-request', 'unknown-device', ...hubProblems],
  },
  {
    operationId: 'tagTwin',
    method: 'patch',
    path: '/api/devices/{deviceId}/tags',
    summary: 'Merge tags into those of a twin',
    parameters: [deviceId, ...queryParameters(tagTwinParameters, { allow, reason }), ifMatch, reasonHeader],
    body: {
      'application/merge-patch+json': { schema: { $ref: '#/components/schemas/TagsPatch' }, examples: tags },
      ...json('TagsPatch', tags),
    },
    answers: { 200: { description: 'The tags as they are now.', headers: ['ETag'], content: json('TaggedTwin') } },
    problems: [
      'invalid-request',
      'unknown-device',
      'etag-mismatch',
      'body-too-large',
      'unsupported-content-type',
      ...hubProblems,
    ],
  },
  {
    operationId: 'statistics',
    method: 'get',
    path: '/api/statistics',
    summary: 'Count the devices of the registry',
    parameters: [],
    answers: { 200: { description: 'The counts.', content: json('Statistics') } },
    problems: ['invalid-request', ...hubProblems],
  },
];

/** Questions about many twins, which the hub's query index answers. */
export const queryOperations: Operation[] = [
  {
    operationId: 'queryTwins',
    method: 'get',
    path: '/api/devices',
    summary: 'List the devices that meet a condition',
    description: 'A hub cannot sort: sort is refused.',
    parameters: queryParameters(queryTwinsParameters, {
      ...filter,
      ...paging,
      fields: {
        description: 'Property paths to show of each device, separated by commas.',
        example: 'tags.location.region,properties.reported.connectivity',
      },
      count: { description: 'Count the devices that meet the condition: one more query of the hub.', example: true },
    }),
    answers: {
      200: {
        description:
          'A page of devices. CSV: a header of deviceId and paths; NDJSON: a device a line, as in the list. Both can be ' +
          'sent to POST /api/tagJobs unchanged.',
        headers: ['Link', 'X-Freshness', 'X-Total-Count'],
        content: {
          ...json('DeviceList'),
          'text/csv': { schema: { type: 'string' } },
          'application/x-ndjson': { schema: { type: 'string' } },
        },
      },
    },
    problems: ['invalid-request', 'not-acceptable', ...hubProblems],
  },
  {
    operationId: 'summary',
    method: 'get',
    path: '/api/summary',
    summary: 'Count devices by location, by connectivity, or by both',
    parameters: queryParameters(summaryParameters, {
      by: {
        description: 'By what to count. One takes one query of the hub, both one more for each connectivity.',
        example: 'location,connectivity',
      },
      ...filter,
    }),
    answers: { 200: { description: 'The counts.', content: json('Summary') } },
    problems: ['invalid-request', ...hubProblems],
  },
];
