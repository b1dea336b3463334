import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { negotiate } from '../api/http/negotiate';
import { nextLink } from '../api/http/nextLink';
import { readParameters } from '../api/http/parameters';
import { ProblemError } from '../api/http/problem';
import { changesParameters, changesTypes } from '../api/requests/changesSchemas';
import { changesMeans } from '../app/changesMeans';
import { needRecords, type Services } from '../app/services';
import { InvalidInputError } from '../errors/invalidInputError';
import { type Cursor, formatCursor, parseCursor } from '../feed/cursor';
import { CursorExpiredError } from '../feed/feedReader';
import { type AskedChanges, type ChangesMeans, readChanges } from '../feed/readChanges';
import { parseDeviceId } from '../twins/deviceId';

/** How often the feed is read while a request waits, in milliseconds. */
const pollMs = 1000;

/** Answers what changed in the fleet after a cursor, and the cursor of what comes after that; waits for it where asked. */
export async function changes(request: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const { headers, query, url } = request;
  const type = negotiate(headers.get('accept'), changesTypes);
  const { after, wait, device, ...asked } = readParameters(changesParameters, query);
  const wanted = { ...asked, device: device === undefined ? undefined : parseDeviceId(device) };
  const isNow = after === 'now';
  const given = after === undefined || isNow ? undefined : readCursor(after);
  const means = changesMeans(needRecords(services));
  const end = performance.now() + wait * 1000;
  const now = isNow ? await means.reader.end() : undefined;
  const page =
    now && wait === 0 ? { changes: [], cursor: now } : await waitForChanges(now ?? given, wanted, means, end);
  const next = formatCursor(page.cursor);
  return {
    headers: { 'content-type': type, vary: 'accept', link: nextLink(url, next, 'after') },
    body:
      type === 'application/json'
        ? JSON.stringify({ changes: page.changes, next })
        : page.changes.map((change) => `${JSON.stringify(change)}\n`).join(''),
  };
}

/** @param end until when to wait for a change, by `performance.now()`. */
async function waitForChanges(after: Cursor | undefined, asked: AskedChanges, means: ChangesMeans, end: number) {
  for (let cursor = after; ; ) {
    const page = await readOnce(cursor, asked, means);
    const left = end - performance.now();
    if (page.changes.length > 0 || page.isMore || left <= 0) return page;
    cursor = page.cursor;
    await sleep(Math.min(pollMs, left));
  }
}

async function readOnce(after: Cursor | undefined, asked: AskedChanges, means: ChangesMeans) {
  try {
    return await readChanges(after, asked, means);
  } catch (error) {
    if (error instanceof CursorExpiredError) throw new ProblemError({ name: 'cursor-expired', detail: error.message });
    throw error;
  }
}

function readCursor(text: string): Cursor {
  const cursor = parseCursor(text);
  if (cursor) return cursor;
  throw new InvalidInputError('after is no cursor: take next of an answer, or now, or leave it out.', 'after');
}
