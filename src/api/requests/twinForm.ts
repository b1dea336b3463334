import * as z from 'zod/mini';
import { InvalidInputError } from '../../errors/invalidInputError';
import { isJsonObject, type Json } from '../../json';
import { reasonParameter } from './author';

/** Lets through what {@link refuseTwinForm} takes for a mistake. */
export const allowParameter = z.optional(z.enum(['tags'], 'is tags, for a tag that is called so'));

/** The query parameters of `PATCH /api/devices/{deviceId}/tags`. */
export const tagTwinParameters = z.object({ allow: allowParameter, reason: reasonParameter });

/**
 * Refuses tags in the form of a twin, `{"tags": {…}}`, which other tools send: merged, they would be `tags.tags`.
 *
 * @throws InvalidInputError that names the right form.
 */
export function refuseTwinForm(tags: Json, allow: 'tags' | undefined): void {
  if (allow === 'tags' || !isJsonObject(tags) || !isJsonObject(tags.tags)) return;
  throw new InvalidInputError(
    `These tags would be tags.tags: send ${JSON.stringify(tags.tags)} without a member tags around it. ` +
      'Where a tag is called so, ask with allow=tags (fleet: --allow-tags).',
    'tags.tags',
  );
}
