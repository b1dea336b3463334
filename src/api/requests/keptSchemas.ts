import * as z from 'zod/mini';
import { maxRowsPerPage } from '../../azure/tables/table';
import { deviceOutcomes } from '../../tagJobs/jobOutcomes';
import { jobStates } from '../../tagJobs/tagJob';
import { flagParameter, pageParameters, textParameter } from '../http/parameters';

/** The query parameters of `GET /api/devices/{deviceId}/changes`. */
export const deviceChangesParameters = z.object({
  ...pageParameters(100),
  /** Shows writes that changed nothing, too. */
  unchanged: flagParameter,
});

/** The query parameters of `GET /api/locations/{location}/devices`. */
export const locationPathParameters = z.object({ connectivity: textParameter, ...pageParameters(maxRowsPerPage) });

/** The query parameters of `GET /api/locations/devices`. The empty text is a location as any other. */
export const locationDevicesParameters = z.object({
  location: z.string('is missing: name one, as /api/locations lists them'),
  ...locationPathParameters.shape,
});

/** The query parameters of `GET /api/tagJobs/{jobId}/outcomes`. */
export const outcomesParameters = z.object({
  outcome: z.optional(z.enum(deviceOutcomes, `is one of ${deviceOutcomes.join(', ')}`)),
  ...pageParameters(maxRowsPerPage),
});

/** The content types of `GET /api/tagJobs/{jobId}/outcomes`. */
export const outcomesTypes = ['application/json', 'text/csv'] as const;

const moment = z.optional(z.iso.datetime({ offset: true, error: 'is a time such as 2026-01-31T00:00:00Z' }));
const stepFault = 'is a whole number of seconds, from 60 to a year of them';

/** The query parameters of `GET /api/trends`. */
export const trendsParameters = z.object({
  location: textParameter,
  connectivity: textParameter,
  from: moment,
  to: moment,
  step: z.optional(z.int(stepFault).check(z.minimum(60, stepFault), z.maximum(31_536_000, stepFault))),
});

/** The query parameters of `GET /api/tagJobs`. */
export const tagJobsParameters = z.object({
  state: z.optional(z.enum(jobStates, `is one of ${jobStates.join(', ')}`)),
  ...pageParameters(100),
});

/** The query parameters of `/api/tagJobs/{jobId}`. */
export const tagJobParameters = z.object(pageParameters(100));
