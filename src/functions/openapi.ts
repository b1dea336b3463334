import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpResponseInit } from '@azure/functions';

/** The build puts it beside the bundle. */
const file = join(__dirname, 'openapi.json');

let document: string | undefined;

/** Answers the OpenAPI document of these functions. */
export async function openapi(): Promise<HttpResponseInit> {
  document ??= await readFile(file, 'utf8');
  return { headers: { 'content-type': 'application/json' }, body: document };
}
