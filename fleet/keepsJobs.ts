import { ApiError } from './client';
import type { Context } from './command';

/**
 * Whether the app has tables, so that it takes idempotency keys; says so where it has none. What fits into a request it tags
 * all the same, and a repeated request sets the same tags again.
 */
export async function keepsJobs({ client, say }: Context): Promise<boolean> {
  try {
    // No job has such an id, so no table is read.
    await client.send('api/tagJobs/NONE');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.problem.type === 'urn:device-twins:problem:invalid-setting') {
      say(
        `This app keeps no jobs, and tags only what fits into a request, without an idempotency key: ${error.message}`,
      );
      return false;
    }
    if (error.status !== 404) throw error;
  }
  return true;
}
