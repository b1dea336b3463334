import type { Event, EventSchema } from './schemas';

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
 * Reads the events of a request: a list, or a single one. All are accepted, or none.
 *
 * @throws PublishError 400
 */
export function parseEvents(body: Buffer, schema: EventSchema): Event[] {
  const parsed = parseJson(body);
  const events = Array.isArray(parsed) ? parsed : [parsed];
  return events.map((event, index) => {
    const { data, faults } = schema.check(event);
    if (data) return data;
    throw new PublishError(400, `Event ${index} is not ${schema.title}, the schema of this topic: ${faults}.`);
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new PublishError(400, 'The body is not JSON.');
  }
}
