// <headend-player> in React: gives it the stream's source and hears its events.

import { fetchPlayback, type HeadendPlayer, type PlaybackSource, type PlayerStateKind } from '@headend/player';
import { type DetailedHTMLProps, type HTMLAttributes, useEffect, useMemo, useRef } from 'react';
import { takeEarlyTicket } from '../early.ts';

type PlayerAttributes = DetailedHTMLProps<HTMLAttributes<HeadendPlayer>, HeadendPlayer> & {
  hotkeys?: string;
  'has-theatre'?: string;
  theatre?: string | undefined;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'headend-player': PlayerAttributes;
    }
  }
}

type Props = {
  readonly streamId: string;
  readonly title: string;
  readonly artist: string;
  readonly interrupted: boolean;
  readonly theatre: boolean;
  readonly onState: (kind: PlayerStateKind) => void;
  readonly onTheatre: () => void;
};

export function LivePlayer({ streamId, title, artist, interrupted, theatre, onState, onTheatre }: Props) {
  const ref = useRef<HeadendPlayer>(null);
  // The title at the start is enough for the media controls; a new source object would restart the picture.
  const named = useRef({ title, artist });
  const source = useMemo<PlaybackSource>(
    () => ({
      streamId,
      ...named.current,
      getPlayback: (signal) => takeEarlyTicket(streamId) ?? fetchPlayback('', streamId, signal),
    }),
    [streamId],
  );
  useEffect(() => {
    const player = ref.current;
    if (player === null) return;
    const hearState: (event: HTMLElementEventMap['headend-state']) => void = (event) => onState(event.detail.state.kind);
    player.addEventListener('headend-state', hearState);
    player.addEventListener('headend-theatre', onTheatre);
    return () => {
      player.removeEventListener('headend-state', hearState);
      player.removeEventListener('headend-theatre', onTheatre);
    };
  }, [onState, onTheatre]);
  useEffect(() => {
    if (ref.current !== null) ref.current.source = source;
  }, [source]);
  useEffect(() => {
    if (ref.current !== null) ref.current.interrupted = interrupted;
  }, [interrupted]);
  return <headend-player ref={ref} hotkeys="" has-theatre="" theatre={theatre ? '' : undefined} />;
}
