/** A service of a storage account, in the words of an error. */
interface StorageService {
  /** The service, and what of it was asked. */
  name: string;
  /** The role that the app needs. */
  role: string;
  /** What to look at where the service cannot be reached. */
  question: string;
}

/**
 * An error of this kind that says which service failed, how, and what to look at; an error that is not one of storage
 * stays as it is. What the service answers may quote the request, headers and all: only its status and code are told.
 */
export function toStorageError(
  StorageError: new (message: string, options: ErrorOptions) => Error,
  { name, role, question }: StorageService,
  error: unknown,
): unknown {
  if (!(error instanceof Error)) return error;
  const { statusCode } = error as { statusCode?: number };
  const code = codeOf(error);
  if (statusCode === undefined && code === undefined && error.name !== 'AbortError') return error;
  const fault = [statusCode, code].filter((part) => part !== undefined).join(' ') || 'no answer in time';
  return new StorageError(`${name}: ${fault}; ${hintOf(statusCode, code) ?? question}`, { cause: error.name });

  function hintOf(status: number | undefined, code = ''): string | undefined {
    if (status === 401 || status === 403) return `the app needs the role ${role}, or a valid key`;
    if (code.endsWith('BeingDeleted'))
      return 'somebody deleted it, and it can be made again only when it is gone, in a minute';
    return isGone(error) ? 'somebody deletes it while the app runs' : undefined;
  }
}

/** Whether a table or a queue is not there, whatever was asked of it. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && /^(Table|Queue)NotFound$/.test(codeOf(error) ?? '');
}

/** The service's own code. The client of tables has it in one place for transactions, and in another for all else. */
function codeOf(error: Error): string | undefined {
  const { code, details } = error as { code?: string; details?: { errorCode?: string } };
  return code ?? details?.errorCode;
}
