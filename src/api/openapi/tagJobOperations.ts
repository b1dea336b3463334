import { outcomesParameters, tagJobsParameters } from '../requests/keptSchemas';
import { tagTwinsParameters } from '../requests/readTagRequest';
import { undoParameters } from '../requests/readUndoRequest';
import { type Answer, type Content, json, type Operation, type Parameter } from './operation';
import { allow, pageParameters, paging, queryParameters, reason, reasonHeader, step } from './parameters';
import { deviceId, hubProblems } from './twinOperations';

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

const startProblems = [
  'invalid-request',
  'job-state',
  'idempotency-conflict',
  'body-too-large',
  'unsupported-content-type',
  ...hubProblems,
  'tables-unavailable',
  'queue-unavailable',
] as const;

const undoProblems = [...startProblems, 'not-undoable'] as const;

/** What is answered to who has many devices tagged. */
const doneAtOnce: Answer = {
  description: 'The job is done, with the outcome of each device; or what it would do.',
  content: {
    'application/json': {
      schema: { anyOf: [{ $ref: '#/components/schemas/TagJob' }, { $ref: '#/components/schemas/DryRun' }] },
    },
  },
};

const jobAnswers: Operation['answers'] = {
  200: doneAtOnce,
  202: { description: 'The job was started.', headers: ['Location'], content: json('TagJob'), links },
};

const undoing = {
  parameters: [
    ...queryParameters(undoParameters, {
      dryRun: { description: 'Say what would be done, and do nothing.', example: true },
      force: { description: 'Override what was changed since.', example: true },
      reason,
    }),
    idempotencyKey,
    reasonHeader,
  ],
  body: json('UndoRequest', { why: { summary: 'Why', value: { reason: 'moved to the new hall' } } }),
  isBodyOptional: true,
} as const;

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
        undoable: {
          description: 'Keep what is replaced, so that it can be put back: each twin is read before it is written.',
          example: false,
        },
        reason,
      }),
      idempotencyKey,
      reasonHeader,
    ],
    body: { ...json('TagJobRequest', examples), ...lines },
    answers: jobAnswers,
    problems: startProblems,
  },
  {
    operationId: 'tagJobsList',
    method: 'get',
    path: '/api/tagJobs',
    summary: 'List the jobs of the last 30 days, newest first',
    description:
      'A page tells of a hundred jobs at most, whatever their state: with a state it may be short, even empty.',
    parameters: queryParameters(tagJobsParameters, {
      state: { description: 'Jobs in this state; without it all.', example: 'running' },
      ...paging,
    }),
    answers: { 200: { description: 'A page of jobs.', headers: ['Link'], content: json('TagJobs') } },
    problems: ['invalid-request', 'invalid-setting', 'internal-error', 'tables-unavailable'],
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
  {
    operationId: 'undoJob',
    method: 'post',
    path: '/api/tagJobs/{jobId}/undo',
    summary: 'Take back what a job did',
    description:
      'Puts back what the job replaced: only at the paths that it touched, only where nobody has changed them since. What was ' +
      'left is told, device by device (409). It is a job of its own, and can be taken back too. Of a job of the hub as far as ' +
      'the history of each device tells.',
    ...undoing,
    parameters: [jobId, ...undoing.parameters],
    answers: jobAnswers,
    problems: [...undoProblems, 'unknown-job'],
  },
  {
    operationId: 'undoChange',
    method: 'post',
    path: '/api/devices/{deviceId}/changes/{id}/undo',
    summary: 'Take back one change of the tags of a device',
    description: 'As of a job, for the one device.',
    ...undoing,
    parameters: [
      deviceId,
      step('id', 'The id of the change, from the changes of the device.', '20260101T0000000000000-7-0123456789ab'),
      ...undoing.parameters,
    ],
    answers: { 200: doneAtOnce },
    problems: [...undoProblems, 'unknown-change'],
  },
];
