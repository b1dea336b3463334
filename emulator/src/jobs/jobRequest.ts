import { parseMethodCall } from '../hub/methodCall';
import { parseTwinWrite } from '../hub/twinWrite';
import { maxQueryLength } from '../query/parse';
import { HubError, invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import type { Json, JsonObject } from '../service/types';
import { queryFor } from './findDevices';
import type { JobRequest, JobWork } from './job';

/** How far ahead a job can be scheduled. */
const maxAheadMs = 168 * 3_600_000;

/** Where a caller names none: what the Node service SDK sends where it was given none. */
const usualExecutionTime = 3600;

/**
 * Reads the body of a PUT on a job.
 *
 * @throws HubError ArgumentInvalid, ArgumentNull, GenericBadRequest for an unknown type, PreconditionFailed for a condition
 *   that is too long.
 */
export function parseJobRequest(jobId: string, body: Json | undefined, { strict = false } = {}): JobRequest {
  // The documents allow capitals, and official samples use them; a real hub has refused them.
  const letters = strict ? 'a-z' : 'A-Za-z';
  if (!new RegExp(`^[${letters}0-9-]{1,64}$`).test(jobId)) {
    throw invalidArgument(`A job id has 1 to 64 ${strict ? 'lower-case ' : ''}ASCII letters, digits or -.`);
  }
  if (!isObject(body)) throw invalidArgument('The body must be a job, a JSON object.');
  if (body.jobId !== undefined && body.jobId !== jobId) {
    throw invalidArgument(`The body must name the job of the path, '${jobId}'.`);
  }
  const startTime = parseStartTime(body.startTime);
  return {
    jobId,
    queryCondition: parseCondition(body.queryCondition),
    work: parseWork(body),
    maxExecutionTimeInSeconds: parseExecutionTime(body.maxExecutionTimeInSeconds),
    ...(startTime === undefined ? {} : { startTime }),
  };
}

function parseWork({ type, updateTwin, cloudToDeviceMethod }: JsonObject): JobWork {
  switch (type) {
    case 'scheduleUpdateTwin':
      if (!isObject(updateTwin)) throw new HubError('ArgumentNull', 'The body lacks updateTwin, a JSON object.');
      // .NET writes null where it was given none, which hubs take.
      if (updateTwin.etag !== '*' && updateTwin.etag !== null) {
        throw invalidArgument("Missing or invalid etag for job type ScheduleUpdateTwin. It must be '*'.");
      }
      parseTwinWrite(updateTwin);
      return { type, updateTwin };
    case 'scheduleDeviceMethod':
      if (!isObject(cloudToDeviceMethod)) {
        throw new HubError('ArgumentNull', 'The body lacks cloudToDeviceMethod, a JSON object.');
      }
      return { type, cloudToDeviceMethod: parseMethodCall(cloudToDeviceMethod) };
    default:
      throw new HubError('GenericBadRequest', "type is 'scheduleUpdateTwin' or 'scheduleDeviceMethod'.");
  }
}

/** Whether it is a condition at all, the job finds out: the service accepts the job, which then fails. */
function parseCondition(condition: Json | undefined): string {
  if (typeof condition !== 'string' || condition.trim() === '') {
    throw new HubError('ArgumentNull', "The body lacks queryCondition. For all devices it is '*'.");
  }
  if (queryFor(condition).length > maxQueryLength) {
    throw new HubError('PreconditionFailed', `The query of a job has ${maxQueryLength} characters at most.`);
  }
  return condition;
}

/** @returns undefined where the job is to start at once. */
function parseStartTime(time: Json | undefined): string | undefined {
  if (time === undefined || time === null) return undefined;
  const [, local, zone = 'Z'] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?$/i.exec(String(time)) ?? [];
  const at = Date.parse(`${local}${zone}`);
  if (Number.isNaN(at)) throw invalidArgument('startTime must be a time as ISO 8601 has it.');
  if (at > Date.now() + maxAheadMs) throw invalidArgument('startTime must lie within the next 168 hours.');
  // What should have started already starts at once.
  return at > Date.now() ? new Date(at).toISOString() : undefined;
}

function parseExecutionTime(seconds: Json | undefined): number {
  if (seconds === undefined || seconds === null || seconds === 0) return usualExecutionTime;
  if (typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds > 0) return seconds;
  throw invalidArgument('maxExecutionTimeInSeconds must be a whole number of seconds.');
}
