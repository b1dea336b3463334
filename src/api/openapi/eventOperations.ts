import { maxRowsPerPage } from '../../azure/tables/table';
import { textParameter } from '../http/parameters';
import type { ProblemName } from '../http/problem';
import { json, type Operation } from './operation';
import { filter, pageParameters, queryParameters, step } from './parameters';
import { deviceId } from './twinOperations';

const tableProblems = ['invalid-setting', 'internal-error', 'tables-unavailable'] as const satisfies ProblemName[];

/** What is answered from what events told, and the document itself. */
export const eventOperations: Operation[] = [
  {
    operationId: 'deviceChanges',
    method: 'get',
    path: '/api/devices/{deviceId}/changes',
    summary: "List a twin's changes, newest first",
    parameters: [deviceId, ...pageParameters(100)],
    answers: { 200: { description: 'A page of changes.', content: json('DeviceChanges') } },
    problems: ['invalid-request', ...tableProblems],
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
    path: '/api/locations/{location}/devices',
    summary: 'List the devices of a location, as events told',
    parameters: [
      step('location', 'The location, URL-encoded.', 'Redmond43'),
      ...queryParameters({ shape: { connectivity: textParameter } }, { connectivity: filter.connectivity }),
      ...pageParameters(maxRowsPerPage),
    ],
    answers: { 200: { description: 'A page of devices.', content: json('LocationDevices') } },
    problems: ['invalid-request', ...tableProblems],
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
    problems: ['internal-error'],
  },
];
