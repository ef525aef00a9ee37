// Why the last host function failed. C keeps `errno` in its memory; the host writes there, in
// the numbers of WASI, so this module has the same cell under the same name.

/** Address of the cell; exported by the module. */
export const errno: usize = memory.data(4, 4);

/** Sets the cell to zero; call it before a function whose failure you want explained. */
export function clearErrno(): void {
  store<i32>(errno, 0);
}

/** The cell: 0 or one of the E… values below. */
export function lastErrno(): i32 {
  return load<i32>(errno);
}

export const EBADF: i32 = 8;
export const EDOM: i32 = 18;
export const EEXIST: i32 = 20;
export const EINVAL: i32 = 28;
export const ENOENT: i32 = 44;
export const ENOTSUP: i32 = 58;
export const ERANGE: i32 = 68;
