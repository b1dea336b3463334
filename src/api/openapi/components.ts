import * as z from 'zod/mini';
import { eventTypes } from '../../changes/twinEvent';
import { conditionSchema } from '../../conditions/conditionJson';
import { freshnessSchema } from '../../conditions/freshness';
import { anyJson } from '../../json';
import { listedDeviceSchema } from '../../queries/listDevices';
import { outcomeSchema } from '../../tagJobs/jobOutcomes';
import { engines, jobDocumentSchema, jobSummarySchema } from '../../tagJobs/tagJob';
import { trendsSchema } from '../../trends/trends';
import { statisticsSchema, twinSchema } from '../../twins/twin';
import { feedTypes } from '../requests/changesSchemas';
import { queryTwinsAnswer } from '../requests/queryTwinsSchemas';
import { tagJobSchema } from '../requests/readTagRequest';
import { undoSchema } from '../requests/readUndoRequest';
import { summaryAnswer } from '../requests/summarySchemas';

const continuation = z.optional(z.string());
const standing = { comparedAt: z.nullable(z.iso.datetime()), filled: z.number().check(z.gte(0), z.lte(1)) };

const author = { by: z.optional(z.string()), reason: z.optional(z.string()) };

const place = z.object({ location: z.string(), connectivity: z.nullable(z.string()) });

/** What a schema does not tell by itself. */
export interface ComponentMeta {
  description: string;
  [keyword: string]: unknown;
}

interface Component extends ComponentMeta {
  schema: z.ZodMiniType;
}

/** The schemas of the document by their names there: those that validate, and of answers that our own types make. */
export const components = {
  Condition: {
    schema: conditionSchema,
    description:
      'A condition on devices. location and connectivity stand for the configured paths; both together are an AND. ' +
      'A device that lacks a path meets neither = nor != nor not of them: say so with is_defined.',
  },
  Freshness: {
    schema: freshnessSchema,
    description:
      "The hub's query index lags behind the twins: by seconds most of the time, at times by half an hour; a device " +
      'that was deleted may stay in it for longer.',
  },
  TagsPatch: {
    schema: z.record(z.string(), anyJson),
    description: 'A JSON merge patch (RFC 7396) of the tags: null removes one.',
  },
  TaggedTwin: {
    schema: z.object({
      deviceId: z.string(),
      etag: z.string(),
      version: z.int(),
      tags: z.record(z.string(), anyJson),
    }),
    description: 'The tags of a twin after they were merged.',
  },
  Twin: {
    schema: z.extend(twinSchema, { tags: z.optional(z.record(z.string(), anyJson)) }),
    description: 'A device twin, as the hub answers it.',
  },
  ListedDevice: {
    schema: listedDeviceSchema,
    description: 'What the twin lacks is null, of chosen fields absent; these are nested as the twin nests them.',
  },
  DeviceList: {
    schema: queryTwinsAnswer,
    description: 'A page of devices. It may be short, even empty, where there is a continuation.',
  },
  Summary: {
    schema: summaryAnswer,
    description: 'Numbers of devices, with what those have in common; null: they lack it.',
  },
  Statistics: { schema: statisticsSchema, description: 'The identity registry in numbers, which lag by minutes.' },
  TagJobRequest: {
    schema: tagJobSchema,
    description:
      'Which devices to tag, by their ids or by a condition, as JSON or in words, and the merge patch of their tags, or the columns ' +
      'and cells that say them as in a CSV.',
    allOf: [
      { oneOf: [{ required: ['deviceIds'] }, { anyOf: [{ required: ['where'] }, { required: ['filter'] }] }] },
      { oneOf: [{ required: ['tags'] }, { required: ['cells'] }] },
    ],
  },
  TagJob: {
    schema: jobDocumentSchema,
    description:
      'A job, with a page of the devices that were not tagged: their status is that of HTTP, 0 where a device was not reached. ' +
      'results, of every device, come with the answer of engine direct only.',
  },
  UndoRequest: { schema: undoSchema, description: 'How to take back a job or a change; all of it may be left out.' },
  TagJobs: {
    schema: z.object({ jobs: z.array(jobSummarySchema), continuation }),
    description: 'Jobs, newest first, without the devices that were not tagged: ask for one of them.',
  },
  TagJobOutcomes: {
    schema: z.object({ jobId: z.string(), outcomes: z.array(outcomeSchema), continuation }),
    description:
      'Devices of a job with what became of each; notReached: the job was cancelled, or failed, before its turn. Those of ' +
      'a condition that were not listed by then are not here. The page may be short where there is a continuation.',
  },
  DryRun: {
    schema: z.object({
      dryRun: z.literal(true),
      engine: z.enum(engines),
      devices: z.int(),
      expectedSeconds: z.number(),
      sample: z.array(z.string()),
      ignoredColumns: z.optional(z.array(z.string())),
      detail: z.optional(z.string()),
    }),
    description: 'What a job would do; nothing was done.',
  },
  DeviceChanges: {
    schema: z.object({
      deviceId: z.string(),
      changes: z.array(
        z.object({
          id: z.string(),
          time: z.iso.datetime(),
          type: z.enum(eventTypes),
          version: z.optional(z.int()),
          previousVersion: z.optional(z.int()),
          coalesced: z.optional(z.literal(true)),
          truncated: z.optional(z.literal(true)),
          values: z.array(z.object({ path: z.string(), before: z.optional(anyJson), after: anyJson })),
          ...author,
          writes: z.optional(z.array(z.object({ version: z.int(), ...author }))),
        }),
      ),
      continuation,
    }),
    description:
      'Changes of a twin, newest first. before is null where there was no value, absent where nothing kept tells; ' +
      'coalesced: versions lie between previousVersion and version; truncated: not every value was told, nor told exactly. ' +
      'Strings are as the twin has them, also those that look like times. by and reason: who asked this app for it, and ' +
      'why; writes: of each, where several were merged into one change.',
  },
  Changes: {
    schema: z.object({
      changes: z.array(
        z.object({
          id: z.string(),
          time: z.iso.datetime(),
          type: z.enum(feedTypes),
          deviceId: z.string(),
          moduleId: z.optional(z.string()),
          version: z.optional(z.int()),
          operation: z.optional(z.enum(['update', 'replace'])),
          truncated: z.optional(z.literal(true)),
          values: z.optional(z.array(z.object({ path: z.string(), after: anyJson }))),
          from: z.optional(z.nullable(place)),
          to: z.optional(z.nullable(place)),
          location: z.optional(z.string()),
          connectivity: z.optional(z.nullable(z.string())),
          ...author,
        }),
      ),
      next: z.string(),
    }),
    description:
      'Changes of all twins in the order of the feed, and the cursor of what comes after them. id is that of the history. ' +
      'operation replace: what values lack was removed. DeviceMoved: between which places; null: in none. location and ' +
      'connectivity are those of now, where location was asked for.',
  },
  LocationDevices: {
    schema: z.object({
      location: z.string(),
      devices: z.array(
        z.object({
          deviceId: z.string(),
          connectivity: z.nullable(z.string()),
          since: z.iso.datetime(),
          connectionState: z.optional(z.enum(['Connected', 'Disconnected'])),
          connectionStateSince: z.optional(z.iso.datetime()),
        }),
      ),
      ...standing,
      continuation,
    }),
    description:
      "The devices of a location, as events told (connectionState: where connections are routed); comparedAt: when they were last compared with the hub's twins; " +
      'filled: how much of the fleet was taken in that was there before the app.',
  },
  Locations: {
    schema: z.object({
      locations: z.array(
        z.object({ location: z.string(), devices: z.int(), connectivity: z.record(z.string(), z.int()) }),
      ),
      ...standing,
    }),
    description: 'How many devices each location has, and by which connectivity, as events told.',
  },
  Trends: {
    schema: trendsSchema,
    description:
      'Columns of counts, each beside times, at which the steps of so many seconds begin; null: nothing counted in that step. ' +
      'total and enabled: of the registry; changes: events since the point before; series: devices by location and ' +
      'connectivity, where connectivity null: they told none. At most 1,000 series; location null: all others.',
  },
  Problem: {
    schema: z.object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      path: z.optional(z.string()),
      lines: z.optional(z.array(z.object({ line: z.int(), detail: z.string() }))),
    }),
    description:
      'A problem (RFC 9457): detail says what to do, path where in the request the fault is, lines the faults of a body ' +
      'that is a list of lines.',
  },
} satisfies Record<string, Component>;

/** The name of a schema of the document. */
export type ComponentName = keyof typeof components;
