import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HttpRequestOptions } from 'azure-iothub/dist/common-http/http';
import { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import type * as z from 'zod/mini';
import { describeFaults } from '../describeFaults';
import { HubError } from './hubError';

/** A reply of the hub whose body has the expected shape. */
export interface Reply<T> {
  body: T;
  headers: IncomingHttpHeaders;
}

/**
 * One request and its reply, as the transport of a client of the SDK that makes one call.
 *
 * The SDK forms and signs the request. It does not check replies: those that it does not expect make it throw inside an
 * event of the socket, which would end the process. So the reply is checked here first, and what the SDK throws
 * becomes a failure of the call.
 */
export class Exchange<T> extends RestApiClient {
  reply: Reply<T> | undefined;

  constructor(
    config: RestApiClient.TransportConfig,
    private readonly options: HttpRequestOptions,
    private readonly schema: z.ZodMiniType<T>,
  ) {
    super(config, 'device-twins');
  }

  override executeApiCall(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    path: string,
    headers: Record<string, string>,
    body: unknown,
    done: RestApiClient.ResponseCallback,
  ): void {
    super.executeApiCall(method, path, headers, body, this.options, (error: Error | null, reply, response) => {
      try {
        if (error) throw error;
        this.reply = this.read(reply, response);
        done(null as unknown as Error, reply, response);
      } catch (fault) {
        done(fault as Error);
      }
    });
  }

  private read(body: unknown, { headers }: IncomingMessage): Reply<T> {
    const { success, data, error } = this.schema.safeParse(body);
    if (success) return { body: data, headers };
    throw new HubError('badReply', `The hub's reply is not the JSON that it documents: ${describeFaults(error)}.`);
  }
}
