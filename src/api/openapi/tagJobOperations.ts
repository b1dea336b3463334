import { outcomesParameters } from '../requests/keptSchemas';
import { tagTwinsParameters } from '../requests/readTagRequest';
import { type Answer, type Content, json, type Operation, type Parameter } from './operation';
import { allow, pageParameters, paging, queryParameters, reason, step } from './parameters';
import { hubProblems } from './twinOperations';

const jobId = step(
  'jobId',
  'The id of a job, from the answer that started it.',
  '00000000-0000-4000-8000-000000000000',
);

const problems = ['invalid-request', 'unknown-job', ...hubProblems, 'tables-unavailable'] as const;

const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key with the same request: the same job, so that a repeated request does no harm.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
  example: 'move-7',
};

const tags = { location: { region: 'US', plant: 'Redmond43' } };

const examples = {
  list: { summary: 'Devices by their ids', value: { deviceIds: ['myDeviceId', 'another'], tags } },
  condition: {
    summary: 'Devices that meet a condition',
    value: { where: { location: 'Redmond43' }, tags: { site: { floor: 3 } } },
  },
  words: {
    summary: 'Condition and tags in words, these as columns and cells of a CSV',
    value: {
      filter: 'location = Redmond43 and lastActivityTime < now-1d',
      cells: { plant: 'Redmond40', 'tags.site': 'null' },
    },
  },
  dryRun: { summary: 'What it would do', value: { where: { connectivity: 'cellular' }, tags, dryRun: true } },
  hubJob: {
    summary: 'Worked by the hub itself',
    value: { where: { location: 'Redmond43' }, tags: { site: { floor: 4 } }, engine: 'hubJob' },
  },
};

const lines: Record<string, Content> = {
  'text/csv': {
    schema: { type: 'string' },
    examples: { move: { summary: 'A device a line', value: 'deviceId,plant,region\nmyDeviceId,Redmond40,US\n' } },
  },
  'application/x-ndjson': {
    schema: { type: 'string' },
    examples: {
      move: {
        summary: 'A device a line',
        value: `${JSON.stringify({ deviceId: 'myDeviceId', tags: { location: { plant: 'Redmond43' } } })}\n`,
      },
    },
  },
};

const links: Answer['links'] = {
  progress: {
    operationId: 'tagJob',
    parameters: { jobId: '$response.body#/jobId' },
    description: 'How far the job is.',
  },
  outcomes: {
    operationId: 'tagJobOutcomes',
    parameters: { jobId: '$response.body#/jobId' },
    description: 'What became of each device.',
  },
  cancel: {
    operationId: 'cancelTagJob',
    parameters: { jobId: '$response.body#/jobId' },
    description: 'Cancels the job.',
  },
};

/** Tags for many devices. */
export const tagJobOperations: Operation[] = [
  {
    operationId: 'tagTwins',
    method: 'post',
    path: '/api/tagJobs',
    summary: 'Tag many devices',
    description:
      'What fits into a request is tagged at once, more by a queue at the pace of the hub, or by the hub itself where ' +
      'that is asked for. CSV: a column deviceId, then names of properties beside the location, or paths as ' +
      'tags.site.floor. NDJSON: deviceId and tags a line.',
    parameters: [
      ...queryParameters(tagTwinsParameters, {
        engine: { description: 'Who does it; by default chosen by size.', example: 'queue' },
        dryRun: { description: 'Say what would be done, and do nothing.', example: true },
        allow,
        reason,
      }),
      idempotencyKey,
    ],
    body: { ...json('TagJobRequest', examples), ...lines },
    answers: {
      200: {
        description: 'The job is done, with the outcome of each device; or what it would do.',
        content: {
          'application/json': {
            schema: { anyOf: [{ $ref: '#/components/schemas/TagJob' }, { $ref: '#/components/schemas/DryRun' }] },
          },
        },
      },
      202: { description: 'The job was started.', headers: ['Location'], content: json('TagJob'), links },
    },
    problems: [
      'invalid-request',
      'job-state',
      'idempotency-conflict',
      'body-too-large',
      'unsupported-content-type',
      ...hubProblems,
      'tables-unavailable',
      'queue-unavailable',
    ],
  },
  {
    operationId: 'tagJob',
    method: 'get',
    path: '/api/tagJobs/{jobId}',
    summary: 'Ask how far a job is',
    parameters: [jobId, ...pageParameters(100)],
    answers: { 200: { description: 'The job as it stands.', content: json('TagJob') } },
    problems,
  },
  {
    operationId: 'tagJobOutcomes',
    method: 'get',
    path: '/api/tagJobs/{jobId}/outcomes',
    summary: 'Tell what became of each device of a job',
    description: 'Of a job by queue, or by the hub; one of engine direct told it in its answer.',
    parameters: [
      jobId,
      ...queryParameters(outcomesParameters, {
        outcome: { description: 'Devices of which this became; without it all.', example: 'notReached' },
        ...paging,
      }),
    ],
    answers: {
      200: {
        description: 'A page of devices. CSV: deviceId, outcome, status, detail.',
        headers: ['Link'],
        content: { ...json('TagJobOutcomes'), 'text/csv': { schema: { type: 'string' } } },
      },
    },
    problems: [...problems, 'not-acceptable', 'job-state'],
  },
  {
    operationId: 'cancelTagJob',
    method: 'delete',
    path: '/api/tagJobs/{jobId}',
    summary: 'Cancel a job',
    description: 'What was tagged stays so. A hub job that runs cannot be cancelled.',
    parameters: [jobId, ...pageParameters(100)],
    answers: { 200: { description: 'The job, cancelled.', content: json('TagJob') } },
    problems: [...problems, 'job-state'],
  },
];
