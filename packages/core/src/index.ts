// The public face of @headend/core.

export { BitReader } from './bit-reader.ts';
export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export { AppError, type ErrorCode, type ErrorDefinition, errorRegistry } from './errors.ts';
export { assertNever, InvariantError, invariant } from './invariant.ts';
export { type Err, err, type Ok, ok, type Result, type WireError, wireError } from './result.ts';
export {
  type Brand,
  type Millis,
  millis,
  rescale,
  type Ticks,
  type Timescale,
  ticks,
  timescale,
  toMillis,
  toSeconds,
  unwrap32,
  type WallMs,
  wallMs,
} from './units.ts';
