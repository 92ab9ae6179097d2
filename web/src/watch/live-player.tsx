// <headend-player> in React: puts the stream's player in its place and hears its events. The element draws itself.

import type { HeadendPlayer, PlayerStateKind } from '@headend/player';
import { useEffect, useRef, useState } from 'react';
import type { Channel } from '../api-shapes.ts';
import { sourceOf, takePlayer } from '../early.ts';

type Props = {
  readonly streamId: string;
  readonly channel: Channel;
  readonly interrupted: boolean;
  readonly theatre: boolean;
  /** The channel was asked again: an offline player may have to try once more. */
  readonly askedAt: number;
  readonly onState: (kind: PlayerStateKind) => void;
  readonly onTheatre: () => void;
};

export function LivePlayer({ streamId, channel, interrupted, theatre, askedAt, onState, onTheatre }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [player] = useState<HeadendPlayer>(() => takePlayer(sourceOf(streamId, channel)));
  // The title at the start is enough for the media controls: a new source would restart the picture.
  const [source] = useState(() => player.source ?? sourceOf(streamId, channel));
  useEffect(() => {
    const hearState = (event: HTMLElementEventMap['headend-state']) => onState(event.detail.state.kind);
    player.addEventListener('headend-state', hearState);
    player.addEventListener('headend-theatre', onTheatre);
    onState(player.state.kind);
    return () => {
      player.removeEventListener('headend-state', hearState);
      player.removeEventListener('headend-theatre', onTheatre);
    };
  }, [player, onState, onTheatre]);
  useEffect(() => {
    place.current?.append(player);
    player.source = source;
    return () => player.remove();
  }, [player, source]);
  useEffect(() => {
    player.interrupted = interrupted;
  }, [player, interrupted]);
  useEffect(() => {
    player.toggleAttribute('theatre', theatre);
  }, [player, theatre]);
  useEffect(() => {
    // The channel says that it is on air: a player that was told otherwise, or that waits for the server to come back, need not wait longer.
    const { kind } = player.state;
    if (askedAt > 0 && (kind === 'offline' || kind === 'lost')) player.retry();
  }, [player, askedAt]);
  return <div ref={place} className="contents" />;
}
