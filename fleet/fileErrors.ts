/** What went wrong with a file, by the system's code. */
const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'nothing can be written there',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'the disk is full',
};

/** An error of the file system, in words; undefined for another one. */
export function describeFileError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  const { code, path, message } = error as NodeJS.ErrnoException;
  const why = words[code ?? ''];
  return why === undefined || path === undefined ? message : `${path}: ${why}.`;
}
