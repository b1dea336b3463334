import type { ProblemName } from '../http/problem';
import { changesParameters } from '../requests/changesSchemas';
import {
  deviceChangesParameters,
  locationDevicesParameters,
  locationPathParameters,
  trendsParameters,
} from '../requests/keptSchemas';
import { json, type Operation } from './operation';
import { filter, paging, queryParameters, step } from './parameters';
import { deviceId } from './twinOperations';

const tableProblems = [
  'invalid-request',
  'invalid-setting',
  'internal-error',
  'tables-unavailable',
] as const satisfies ProblemName[];

const pageOfDevices: Operation['answers'] = {
  200: { description: 'A page of devices.', headers: ['Link'], content: json('LocationDevices') },
};

/** What is answered from what events told, and the document itself. */
export const eventOperations: Operation[] = [
  {
    operationId: 'changes',
    method: 'get',
    path: '/api/changes',
    summary: 'Follow the changes of the fleet',
    description:
      'From the oldest that is kept, or after a cursor: next of an answer. A page may be empty, and still have a next; ' +
      'a cursor never skips a change.',
    parameters: queryParameters(changesParameters, {
      after: {
        description: 'The cursor of the page before; now: no changes, but the cursor of the end.',
        example: 'now',
      },
      limit: paging.limit,
      device: { description: 'Changes of this device.', example: 'myDeviceId' },
      location: { description: 'Changes of devices that are in this location now.', example: 'Redmond43' },
      path: { description: 'Changes of the value at this path, or below it.', example: 'tags.location' },
      type: { description: 'Changes of this type.', example: 'DeviceTwins.DeviceMoved' },
      wait: { description: 'Seconds to wait for a change where there is none.' },
    }),
    answers: {
      200: {
        description: 'A page of changes; the next one is asked for with its cursor. NDJSON: a change a line.',
        headers: ['Link'],
        content: { ...json('Changes'), 'application/x-ndjson': { schema: { type: 'string' } } },
      },
    },
    problems: ['not-acceptable', 'cursor-expired', ...tableProblems],
  },
  {
    operationId: 'deviceChanges',
    method: 'get',
    path: '/api/devices/{deviceId}/changes',
    summary: "List a twin's changes, newest first",
    parameters: [
      deviceId,
      ...queryParameters(deviceChangesParameters, {
        ...paging,
        unchanged: { description: 'Show writes that changed nothing, too.', example: true },
      }),
    ],
    answers: { 200: { description: 'A page of changes.', headers: ['Link'], content: json('DeviceChanges') } },
    problems: tableProblems,
  },
  {
    operationId: 'locations',
    method: 'get',
    path: '/api/locations',
    summary: 'Count the devices of each location, as events told',
    parameters: [],
    answers: { 200: { description: 'The locations.', content: json('Locations') } },
    problems: tableProblems,
  },
  {
    operationId: 'locationDevices',
    method: 'get',
    path: '/api/locations/devices',
    summary: 'List the devices of a location, as events told',
    parameters: queryParameters(locationDevicesParameters, {
      location: { description: 'The location; the empty text is one, too.', example: 'Redmond43' },
      connectivity: filter.connectivity,
      ...paging,
    }),
    answers: pageOfDevices,
    problems: tableProblems,
  },
  {
    operationId: 'locationDevicesByPath',
    method: 'get',
    path: '/api/locations/{location}/devices',
    summary: 'List the devices of a location whose name stands in the path',
    description: 'Use /api/locations/devices: a path cannot hold every name.',
    deprecated: true,
    parameters: [
      step('location', 'The location, where it needs no escaping.', 'Redmond43'),
      ...queryParameters(locationPathParameters, { connectivity: filter.connectivity, ...paging }),
    ],
    answers: pageOfDevices,
    problems: tableProblems,
  },
  {
    operationId: 'trends',
    method: 'get',
    path: '/api/trends',
    summary: 'Tell how counts developed',
    description:
      'As each run of the timer counted: kept for 14 days, then the first of each hour for a year, then the first of each day. ' +
      'A span of more than two days is told by hours at least, one of more than 60 by days.',
    parameters: queryParameters(trendsParameters, {
      location: { description: 'Series of this location.', example: 'Redmond43' },
      connectivity: { description: 'Series of this connectivity.', example: 'cellular' },
      from: { description: 'Where the span begins; a day before its end by default.', example: '2026-01-01T00:00:00Z' },
      to: { description: 'Where it ends; now by default.', example: '2026-02-01T00:00:00Z' },
      step: { description: 'Seconds of a step; by default as the counts were kept.', example: 3600 },
    }),
    answers: { 200: { description: 'Columns of counts.', content: json('Trends') } },
    problems: tableProblems,
  },
  {
    operationId: 'openapi',
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    parameters: [],
    answers: {
      200: {
        description: 'An OpenAPI 3.1 document.',
        content: { 'application/json': { schema: { type: 'object', required: ['openapi', 'info', 'paths'] } } },
      },
    },
    problems: ['invalid-request', 'internal-error'],
  },
];
