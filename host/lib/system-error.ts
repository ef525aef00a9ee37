// What the C library says of a system error: Redis's messages end with it.

import { getSystemErrorMap } from 'node:util';

/** The texts of the C library, where they differ from Node's in more than the first letter. */
const C_TEXTS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ENOENT: 'No such file or directory',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
};

/** What the C library says for a system error: `Address already in use`. */
export function systemErrorText(error: NodeJS.ErrnoException): string {
  const known = C_TEXTS[error.code ?? ''];
  if (known !== undefined) return known;
  const text = getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** Whether an error comes from the operating system, as those of node:fs and node:net do. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
