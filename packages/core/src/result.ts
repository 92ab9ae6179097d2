// Result: how parsers report malformed peer input. A value, never a throw, so that no byte string can unwind a session.

export type Ok<T> = { readonly ok: true; readonly value: T };
export type Err<E> = { readonly ok: false; readonly error: E };
export type Result<T, E> = Ok<T> | Err<E>;

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });
export const err = <E>(error: E): Err<E> => ({ ok: false, error });

/** Malformed peer bytes: a stable code, what was wrong, and where (byte offset in the parsed unit) when known. */
export type WireError = {
  readonly code: string;
  readonly message: string;
  readonly offset?: number;
};

export const wireError = (code: string, message: string, offset?: number): Err<WireError> =>
  err(offset === undefined ? { code, message } : { code, message, offset });
