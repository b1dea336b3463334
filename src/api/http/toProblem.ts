import { HubError, type HubErrorCode } from '../../azure/hub/hubError';
import { QueueError } from '../../azure/queue/queue';
import { TablesError } from '../../azure/tables/tables';
import { InvalidInputError } from '../../errors/invalidInputError';
import { InvalidLinesError } from '../../errors/invalidLinesError';
import { SettingError } from '../../errors/settingError';
import { TagJobError } from '../../tagJobs/tagJobError';
import { type Problem, ProblemError, type ProblemName } from './problem';

const hubProblems: Record<HubErrorCode, ProblemName> = {
  invalid: 'invalid-request',
  notFound: 'unknown-device',
  unknownJob: 'unknown-job',
  jobExists: 'job-state',
  jobsBusy: 'job-state',
  jobState: 'job-state',
  etagMismatch: 'etag-mismatch',
  unauthorized: 'hub-refuses',
  forbidden: 'hub-refuses',
  quotaExceeded: 'hub-refuses',
  throttled: 'hub-throttling',
  unavailable: 'hub-unavailable',
  badReply: 'hub-unavailable',
};

/** When to try again where the hub does not say so: it never does. */
const retryAfterSeconds: Partial<Record<HubErrorCode, number>> = {
  throttled: 10,
  jobsBusy: 60,
  unavailable: 5,
  badReply: 5,
};

/** What a failed request is answered. An error that nobody foresaw tells the caller nothing: the log has it. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof TagJobError) {
    return { name: error.code, detail: error.message, retryAfterSeconds: error.retryAfterSeconds };
  }
  if (error instanceof InvalidInputError) {
    const lines = error instanceof InvalidLinesError ? error.faults : undefined;
    return { name: 'invalid-request', detail: error.message, path: error.path, lines };
  }
  if (error instanceof SettingError) return { name: 'invalid-setting', detail: error.message };
  if (error instanceof TablesError) return { name: 'tables-unavailable', detail: error.message, retryAfterSeconds: 5 };
  if (error instanceof QueueError) return { name: 'queue-unavailable', detail: error.message, retryAfterSeconds: 5 };
  if (error instanceof HubError) {
    return {
      name: hubProblems[error.code],
      detail: error.message,
      retryAfterSeconds: error.retryAfterSeconds ?? retryAfterSeconds[error.code],
    };
  }
  return { name: 'internal-error', detail: 'The request failed unexpectedly; the log of this app tells more.' };
}
