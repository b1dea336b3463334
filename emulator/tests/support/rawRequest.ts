import type { IncomingHttpHeaders } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import { signSas } from './sas';

/** A request to the service API, without what an SDK would put right. */
export interface RawRequest {
  method?: string;
  path: string;
  /** `authorization` among them replaces the token of `iothubowner`. */
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface RawReply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** The service API of an emulator. */
export interface ServiceDoor {
  port: number;
  ca: string;
  /** Of `iothubowner`. */
  key: string;
  agent?: Agent;
}

export function rawRequest({ key, ...door }: ServiceDoor, request: RawRequest): Promise<RawReply> {
  const authorization = signSas({ key, policy: 'iothubowner' });
  const headers = { authorization, ...request.headers };
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, body } = request;
    const sent = httpsRequest({ host: 'localhost', ...door, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
