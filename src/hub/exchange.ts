import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpRequestOptions } from 'azure-iothub/dist/common-http/http';
import type { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import type * as z from 'zod/mini';
import { describeFaults } from '../describeFaults';
import { HubError } from './hubError';

/** A reply of the hub whose body has the expected shape. */
export interface Reply<T> {
  body: T;
  headers: IncomingHttpHeaders;
}

/** How a call of the SDK is made over a transport. */
export type Invoke = (transport: RestApiClient) => Promise<unknown>;

/**
 * One request and its reply, by a transport of the SDK that serves one call.
 *
 * The SDK forms and signs the request; it never sees the reply. It does not check replies: those that it does not expect
 * make it throw inside an event of the socket, which would end the process. And what it makes of them, nobody needs.
 *
 * @throws HubError `badReply` for a reply that is not of the schema; what the SDK makes of any other failure.
 */
export function exchange<T>(
  transport: RestApiClient,
  options: HttpRequestOptions,
  schema: z.ZodMiniType<T>,
  invoke: Invoke,
): Promise<Reply<T>> {
  return new Promise((resolve, reject) => {
    const send = transport.executeApiCall.bind(transport);
    transport.executeApiCall = (method, path, headers, body) =>
      send(method, path, headers, body, options, (error: Error | null, reply, response) => {
        try {
          if (error) throw error;
          resolve(read(reply, response, schema));
        } catch (fault) {
          reject(fault);
        }
      });
    // It comes to an end only where the SDK refuses to make a request.
    invoke(transport).then(() => reject(new HubError('badReply', 'The SDK made no request.')), reject);
  });
}

function read<T>(body: unknown, { headers }: IncomingMessage, schema: z.ZodMiniType<T>): Reply<T> {
  const { success, data, error } = schema.safeParse(body);
  if (success) return { body: data, headers };
  throw new HubError('badReply', `The hub's reply is not the JSON that it documents: ${describeFaults(error)}.`);
}
