// The watch page: the picture, or why there is none, and what is on.

import type { PlayerStateKind } from '@headend/player';
import { useCallback, useEffect, useState } from 'react';
import { strings } from '../strings.ts';
import { Details } from './details.tsx';
import { ErrorStage } from './error-stage.tsx';
import { LivePlayer } from './live-player.tsx';
import { OfflineStage } from './offline-stage.tsx';
import { StaleNotice } from './stale-notice.tsx';
import { useChannel } from './use-channel.ts';
import { useStage } from './use-stage.ts';

/** States after which the channel has news: the viewer was counted, the encoder is gone, the stream is over. */
const ASK_AT: ReadonlySet<PlayerStateKind> = new Set(['playing', 'buffering', 'ended']);

export function WatchPage({ channelId }: { channelId: string }) {
  const { channel, askedAt, error, retryAt, askNow } = useChannel(channelId);
  const { stream, ended, onPlayerState } = useStage(channel?.live ?? null);
  const [theatre, setTheatre] = useState(false);
  const hearState = useCallback(
    (kind: PlayerStateKind) => {
      onPlayerState(kind);
      if (ASK_AT.has(kind)) askNow();
    },
    [onPlayerState, askNow],
  );
  const toggleTheatre = useCallback(() => setTheatre((on) => !on), []);
  useEffect(() => {
    document.title = channel === undefined ? strings.product : `${channel.title} · ${strings.product}`;
  }, [channel]);

  if (channel === undefined) {
    if (error !== null) return <ErrorStage error={error} retryAt={retryAt} onRetry={askNow} />;
    return (
      <main className="watch">
        <div className="stage">
          <div className="stage-box" />
        </div>
      </main>
    );
  }
  const stale = error === null ? null : <StaleNotice error={error} retryAt={retryAt} onRetry={askNow} />;
  if (stream === null) {
    const starting = channel.live !== null;
    return <OfflineStage channel={channel} ended={ended} starting={starting} notice={stale} />;
  }
  return (
    <main className={theatre ? 'watch theatre' : 'watch'}>
      <div className="stage">
        <div className="stage-box">
          <LivePlayer
            key={stream.id}
            streamId={stream.id}
            channel={channel}
            askedAt={askedAt}
            interrupted={channel.live?.interrupted === true}
            theatre={theatre}
            onState={hearState}
            onTheatre={toggleTheatre}
          />
        </div>
      </div>
      <div className="below">
        <Details channel={channel} stream={stream} />
        {stale}
      </div>
    </main>
  );
}
