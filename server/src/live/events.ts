// What flows out of a Source. Track events and the end are never dropped; frames may be, for a reader that is too slow.

import type { Frame, Track } from '@headend/media';

export type LiveEvent =
  /** The tracks from here on. `discontinuity` when what follows does not continue what came before (a returning encoder, a new codec configuration). */
  | { readonly type: 'tracks'; readonly epoch: number; readonly tracks: readonly Track[]; readonly discontinuity: boolean }
  | { readonly type: 'frame'; readonly frame: Frame }
  /** Frames this subscriber could not take in time; the next frame is a keyframe. */
  | { readonly type: 'dropped'; readonly frames: number }
  /** The publisher went away; it may return. */
  | { readonly type: 'interrupted' }
  /** This node is going down. The stream has not ended: it may go on after a restart. Nothing follows. */
  | { readonly type: 'shutdown' }
  | { readonly type: 'end' };
