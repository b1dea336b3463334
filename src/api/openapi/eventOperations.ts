import type { ProblemName } from '../http/problem';
import { deviceChangesParameters, locationDevicesParameters, locationPathParameters } from '../requests/keptSchemas';
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
