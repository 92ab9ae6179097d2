// Which stream is on the stage. The channel says what is live; the player may still hold the last seconds of a stream that just ended,
// and those are shown before the stage turns to "ended".

import type { PlayerStateKind } from '@headend/player';
import { useEffect, useState } from 'react';
import type { LiveStream } from '../api-shapes.ts';

/** More than any buffer at the live edge holds. */
const LAST_SECONDS_MS = 10_000;
/** A picture that stands still has nothing more to show, or gets it at once. */
const DRY_BUFFER_MS = 1_000;

export type Stage = {
  readonly stream: LiveStream | null;
  readonly ended: boolean;
  readonly onPlayerState: (kind: PlayerStateKind) => void;
};

export function useStage(live: LiveStream | null): Stage {
  const current = live !== null && live.state !== 'starting' ? live : null;
  const [held, setHeld] = useState<LiveStream | null>(current);
  const [kind, setKind] = useState<PlayerStateKind>('idle');
  const [ended, setEnded] = useState(false);
  if (current !== null && held?.id !== current.id) {
    setHeld(current);
    setEnded(false);
  }
  const letGo = current === null && held !== null;
  const holdMs = kind === 'playing' ? LAST_SECONDS_MS : kind === 'buffering' ? DRY_BUFFER_MS : 0;
  useEffect(() => {
    if (!letGo) return;
    const end = () => {
      setHeld(null);
      setEnded(true);
    };
    const timer = window.setTimeout(end, holdMs);
    return () => window.clearTimeout(timer);
  }, [letGo, holdMs]);
  return { stream: current ?? held, ended, onPlayerState: setKind };
}
