import * as z from 'zod/mini';

/** What the body of an error reply tells. */
export interface ErrorBody {
  /** The code's name (`DeviceNotFound`) or its number (`404001`), as the hub gave it. */
  code: string;
  message: string;
}

const wrapped = z.object({ Message: z.string() });
const bare = z.object({ errorCode: z.union([z.string(), z.number()]), message: z.string() });

/**
 * Reads the three shapes of the hub's error bodies: the bare `{ errorCode, message }`; the same as JSON text inside
 * `Message`; and `Message: "ErrorCode:<name>;<text>"`. The SDK reads only the last.
 */
export function readErrorBody(text: string): ErrorBody | undefined {
  const body = parseJson(text);
  const outer = wrapped.safeParse(body);
  const { success, data } = bare.safeParse(outer.success ? parseJson(outer.data.Message) : body);
  if (success) return { code: String(data.errorCode), message: data.message };
  if (!outer.success) return undefined;
  const [, code, message] = /^ErrorCode:(\w+);?(.*)$/s.exec(outer.data.Message) ?? [];
  return code === undefined ? undefined : { code, message: message ?? '' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
