import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { noParameters, readParameters } from '../api/http/parameters';

/** The build puts it beside the bundle. */
const file = join(__dirname, 'openapi.json');

let document: string | undefined;

/** Answers the OpenAPI document of these functions. */
export async function openapi({ query }: HttpRequest): Promise<HttpResponseInit> {
  readParameters(noParameters, query);
  document ??= await readFile(file, 'utf8');
  return { headers: { 'content-type': 'application/json' }, body: document };
}
