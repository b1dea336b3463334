import * as z from 'zod/mini';

/** A CloudEvent (1.0) as it was published; extensions and data are handed on as they are. */
export type CloudEvent = z.infer<typeof cloudEvent>;

const text = z.string().check(z.minLength(1));
const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: text,
  source: text,
  type: text,
  subject: z.optional(z.string()),
});

/** Most bytes of a request, and so of an event (Azure Event Grid quotas). */
export const maxPublishBytes = 1024 * 1024;

/** A refused request: the status and code that the service answers with. */
export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    readonly status: 400 | 401 | 404 | 413,
    message: string,
  ) {
    super(message);
  }
}

const codes = { 400: 'BadRequest', 401: 'Unauthorized', 404: 'ResourceNotFound', 413: 'RequestEntityTooLarge' };

/** The body of a refusal. */
export function errorBody({ status, message }: PublishError) {
  return { error: { code: codes[status], message, details: [{ code: codes[status], message }] } };
}

/**
 * Reads the events of a request: a batch (`application/cloudevents-batch+json`, or plain JSON of an array) or a single
 * one (`application/cloudevents+json`). All are accepted, or none.
 *
 * @throws PublishError 400
 */
export function parseEvents(body: Buffer): CloudEvent[] {
  const parsed = parseJson(body);
  const events = Array.isArray(parsed) ? parsed : [parsed];
  return events.map((event, index) => {
    const { success, data, error } = cloudEvent.safeParse(event);
    if (success) return data;
    const faults = error.issues.map(({ path }) => path.join('.') || 'the whole').join(', ');
    throw new PublishError(400, `Event ${index} is not a CloudEvent 1.0, the schema of this topic: ${faults}.`);
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new PublishError(400, 'The body is not JSON.');
  }
}
