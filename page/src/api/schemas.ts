import * as z from 'zod/mini';

// What this page reads of the app's answers; the OpenAPI document has all of it.

export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

const json: z.ZodMiniType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);
const jsonObject = z.record(z.string(), json);
const continuation = z.optional(z.string());

/** Where members stand beside the hub's twins. */
export interface Standing {
  comparedAt: string | null;
  filled: number;
}

export const statistics = z.object({
  totalDeviceCount: z.number(),
  enabledDeviceCount: z.number(),
  disabledDeviceCount: z.number(),
});

const count = z.nullable(z.number());

export const trends = z.object({
  step: z.number(),
  times: z.array(z.string()),
  total: z.array(count),
  enabled: z.array(count),
  changes: z.array(count),
  series: z.array(
    z.object({ location: z.nullable(z.string()), connectivity: z.nullable(z.string()), counts: z.array(count) }),
  ),
});
export type Trends = z.infer<typeof trends>;

export const locations = z.object({
  locations: z.array(
    z.object({ location: z.string(), devices: z.number(), connectivity: z.record(z.string(), z.number()) }),
  ),
  comparedAt: z.nullable(z.string()),
  filled: z.number(),
});

export const members = z.object({
  devices: z.array(z.object({ deviceId: z.string(), connectivity: z.nullable(z.string()), since: z.string() })),
  comparedAt: z.nullable(z.string()),
  filled: z.number(),
  continuation,
});

export const devices = z.object({
  devices: z.array(
    z.looseObject({
      deviceId: z.string(),
      location: z.nullish(z.union([z.string(), z.number(), z.boolean()])),
      connectivity: z.nullish(z.union([z.string(), z.number(), z.boolean()])),
    }),
  ),
  count: z.optional(z.number()),
  continuation,
  freshness: z.object({ askedAt: z.string() }),
});

export const twin = z.looseObject({
  deviceId: z.string(),
  etag: z.string(),
  version: z.number(),
  status: z.optional(z.string()),
  connectionState: z.optional(z.string()),
  lastActivityTime: z.optional(z.string()),
  tags: z.optional(jsonObject),
  properties: z.optional(z.object({ desired: z.optional(jsonObject), reported: z.optional(jsonObject) })),
});
export type Twin = z.infer<typeof twin>;

export const tagged = z.object({ deviceId: z.string(), etag: z.string(), version: z.number(), tags: jsonObject });

const author = { by: z.optional(z.string()), reason: z.optional(z.string()) };

export const deviceChanges = z.object({
  changes: z.array(
    z.object({
      id: z.optional(z.string()),
      time: z.string(),
      type: z.string(),
      version: z.optional(z.number()),
      coalesced: z.optional(z.boolean()),
      truncated: z.optional(z.boolean()),
      values: z.array(z.object({ path: z.string(), before: z.optional(json), after: json })),
      ...author,
    }),
  ),
  continuation,
});
export type DeviceChange = z.infer<typeof deviceChanges>['changes'][number];

/** Where a device is among the members, and how it is connected there. */
const place = z.object({ location: z.string(), connectivity: z.nullable(z.string()) });
export type Place = z.infer<typeof place>;

export const feed = z.object({
  changes: z.array(
    z.object({
      id: z.string(),
      time: z.string(),
      type: z.string(),
      deviceId: z.string(),
      moduleId: z.optional(z.string()),
      version: z.optional(z.number()),
      values: z.optional(z.array(z.object({ path: z.string(), after: z.optional(json) }))),
      from: z.nullish(place),
      to: z.nullish(place),
      ...author,
    }),
  ),
  next: z.string(),
});
export type FeedChange = z.infer<typeof feed>['changes'][number];

export const dryRun = z.object({
  dryRun: z.literal(true),
  engine: z.string(),
  devices: z.number(),
  sample: z.array(z.string()),
  expectedSeconds: z.number(),
  ignoredColumns: z.optional(z.array(z.string())),
});
export type DryRun = z.infer<typeof dryRun>;

const jobMembers = {
  jobId: z.string(),
  engine: z.string(),
  state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']),
  counts: z.object({ total: z.number(), succeeded: z.number(), failed: z.number(), pending: z.number() }),
  expectedSeconds: z.number(),
  createdAt: z.string(),
  endedAt: z.optional(z.string()),
  detail: z.optional(z.string()),
  undoable: z.optional(z.boolean()),
  undoes: z.optional(z.string()),
  ...author,
};

const outcome = z.object({ deviceId: z.string(), status: z.optional(z.number()), detail: z.optional(z.string()) });

export const job = z.object({ ...jobMembers, results: z.optional(z.array(outcome)) });
export type Job = z.infer<typeof job>;

export const jobs = z.object({ jobs: z.array(z.object(jobMembers)), continuation });

export const outcomes = z.object({ outcomes: z.array(z.extend(outcome, { outcome: z.string() })), continuation });
export type Outcome = z.infer<typeof outcomes>['outcomes'][number];
