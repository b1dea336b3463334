import * as z from 'zod/mini';
import { maxRowsPerPage } from '../../azure/tables/table';
import { eventTypes } from '../../changes/twinEvent';
import type { FeedEvent } from '../../feed/feedEvent';
import { limitParameter, textParameter } from '../http/parameters';

/** What the feed tells of. */
export const feedTypes = [...eventTypes, 'DeviceTwins.DeviceMoved'] as const satisfies FeedEvent['type'][];

/** Longest time that a request may wait for a change, in seconds: hosts and gateways cut off what takes much longer. */
const maxWait = 25;
const waitFault = `is a whole number of seconds from 0 to ${maxWait}`;

const changePath = /^(tags|(properties\.)?(desired|reported))(\.[^.]+)*$/;
const pathFault = 'is a section of the twin, or below one: tags.location.plant, reported.connectivity';

/** The query parameters of `GET /api/changes`. */
export const changesParameters = z.object({
  /** The cursor of the page before, or `now`. */
  after: textParameter,
  limit: limitParameter(maxRowsPerPage, 100),
  device: textParameter,
  /** Where a device is now. */
  location: textParameter,
  path: z.optional(z.string().check(z.regex(changePath, pathFault))),
  type: z.optional(z.enum(feedTypes, `is one of ${feedTypes.join(', ')}`)),
  wait: z._default(z.int(waitFault).check(z.minimum(0, waitFault), z.maximum(maxWait, waitFault)), 0),
});

/** The content types of `GET /api/changes`. */
export const changesTypes = ['application/json', 'application/x-ndjson'] as const;
