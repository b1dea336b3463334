import type { IncomingHttpHeaders } from 'node:http';
import type * as z from 'zod/mini';
import { describeFaults } from '../../errors/describeFaults';
import type { Answer } from './exchange';
import { HubError } from './hubError';

/** A reply of the hub whose body has the expected shape. */
export interface Reply<T> {
  body: T;
  headers: IncomingHttpHeaders;
}

/** @throws HubError `badReply` for a reply that is not JSON, or not of the schema. */
export function readReply<T>({ headers, text }: Answer, schema: z.ZodMiniType<T>): Reply<T> {
  const isJson = headers['content-type']?.includes('application/json') ?? false;
  const { success, data, error } = schema.safeParse(isJson && text !== '' ? parse(text) : undefined);
  if (success) return { body: data, headers };
  throw new HubError('badReply', `The hub's reply is not the JSON that it documents: ${describeFaults(error)}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HubError('badReply', 'The hub answered with broken JSON.');
  }
}
