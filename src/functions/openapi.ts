import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { app, type HttpResponseInit } from '@azure/functions';
import { endpoint } from '../http/endpoint';

/** The build puts it beside the bundle. */
const file = join(__dirname, 'openapi.json');

let document: string | undefined;

/** Answers the OpenAPI document of these functions. */
export async function openapi(): Promise<HttpResponseInit> {
  document ??= await readFile(file, 'utf8');
  return { headers: { 'content-type': 'application/json' }, body: document };
}

app.get('openapi', { route: 'openapi.json', authLevel: 'function', handler: endpoint(openapi) });
