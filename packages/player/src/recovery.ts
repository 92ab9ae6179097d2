// What to do about a playback fault. Pure: the fault and what was already tried in, one action out.
// HTTP statuses are those of the origin (see the error registry): 401/403 = token, 404/410 = the stream is gone, 5xx = try again.

export type Fault = {
  /**
   * `silence`: requests are held and nothing comes, as when the encoder is gone for a moment.
   * `unsupported`: this browser cannot decode the stream; nothing to retry.
   */
  readonly kind: 'network' | 'silence' | 'media' | 'unsupported';
  /** Stable code shown to the viewer, e.g. `level_load_error`. */
  readonly code: string;
  /** HTTP status, 0 when the request never got an answer. */
  readonly status: number;
};

export type Tried = {
  /** Consecutive faults since the picture last moved for a while. */
  readonly faults: number;
  /** Decoder resets among them. */
  readonly mediaResets: number;
};

export type RecoveryAction =
  /** Ask for a new playback ticket at once and go on with the playlist that is loaded. */
  | { readonly action: 'new-ticket' }
  /** Reset the decoder in place; the playlist stays. */
  | { readonly action: 'reset-media' }
  /** Go on with the playlist that is loaded, after a pause. */
  | { readonly action: 'resume' }
  /** Load all of it again, with a new ticket, after a pause. */
  | { readonly action: 'reload' }
  | { readonly action: 'give-up' };

const MAX_MEDIA_RESETS = 3;
/** Faults after which continuing the loaded playlist is no longer believed in. */
const MAX_RESUMES = 2;
/** Silence is normal inside the reconnect window, and loading anew would turn the last frame black: be patient. */
const MAX_SILENT_RESUMES = 6;

export function decideRecovery(fault: Fault, tried: Tried): RecoveryAction {
  if (fault.kind === 'unsupported') return { action: 'give-up' };
  if (fault.kind === 'media') {
    if (tried.mediaResets < MAX_MEDIA_RESETS) return { action: 'reset-media' };
    return tried.faults <= MAX_MEDIA_RESETS + MAX_RESUMES ? { action: 'reload' } : { action: 'give-up' };
  }
  if (fault.kind === 'silence') return { action: tried.faults < MAX_SILENT_RESUMES ? 'resume' : 'reload' };
  if (fault.status === 401 || fault.status === 403) return tried.faults === 0 ? { action: 'new-ticket' } : { action: 'reload' };
  if (fault.status === 404 || fault.status === 410) return { action: 'reload' };
  return tried.faults < MAX_RESUMES ? { action: 'resume' } : { action: 'reload' };
}
