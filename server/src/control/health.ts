// What a creator should know about a running stream. The latest state wins per code; the number of codes is bounded; the same warning is
// announced again only when its text changed, and at most once a second.

import type { WallMs } from '@headend/core';
import type { HealthWarning } from './stream-events.ts';

/** More kinds than ingest knows; past it new ones are left out, for a stream with so many problems has been described. */
export const MAX_WARNINGS = 32;
export const MAX_WARNING_TEXT = 500;
const ANNOUNCE_INTERVAL_MS = 1_000;

export class StreamHealth {
  readonly #warnings = new Map<string, HealthWarning>();
  readonly #announced = new Map<string, { readonly at: WallMs; readonly message: string }>();

  /** True when the warning is news. */
  note(warning: { readonly code: string; readonly message: string }, now: WallMs): boolean {
    const { code } = warning;
    const message = warning.message.slice(0, MAX_WARNING_TEXT);
    const known = this.#warnings.get(code);
    if (known === undefined && this.#warnings.size >= MAX_WARNINGS) return false;
    this.#warnings.set(code, { code, message, since: known?.since ?? now, at: now });
    const last = this.#announced.get(code);
    if (last !== undefined && (last.message === message || now - last.at < ANNOUNCE_INTERVAL_MS)) return false;
    this.#announced.set(code, { at: now, message });
    return true;
  }

  list(): readonly HealthWarning[] {
    return [...this.#warnings.values()];
  }
}
