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
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined && code === undefined && error.name !== 'AbortError') return error;
  const fault = [statusCode, code].filter((part) => part !== undefined).join(' ') || 'no answer in time';
  const isRefused = statusCode === 401 || statusCode === 403;
  const hint = isRefused ? `the app needs the role ${role}, or a valid key` : question;
  return new StorageError(`${name}: ${fault}; ${hint}`, { cause: error.name });
}
