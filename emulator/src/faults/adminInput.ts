import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { operationKinds } from '../hub/operationKind';

/** What was asked of the admin door cannot be read; the message names the place of what is wrong in it. */
export class AdminInputError extends Error {
  override readonly name = 'AdminInputError';
}

/** @throws AdminInputError that says what of it, named `what`, is wrong. */
export function parseInput<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(value, { error: en().localeError });
  if (success) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  throw new AdminInputError(`The ${what} is not valid: ${faults.join('; ')}`);
}

const quotaChange = z.strictObject({ used: z.int().check(z.minimum(0)) });

/** @throws AdminInputError */
export function parseQuotaChange(value: unknown): z.infer<typeof quotaChange> {
  return parseInput(quotaChange, value, 'quota');
}

const backlog = z.strictObject({
  operation: z.enum(operationKinds),
  aheadSeconds: z.number().check(z.minimum(0), z.maximum(3600)),
});

/** @throws AdminInputError */
export function parseBacklog(value: unknown): z.infer<typeof backlog> {
  return parseInput(backlog, value, 'backlog');
}
