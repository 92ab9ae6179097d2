// Below the picture: title, who, what, how many, since when, share.

import { Share2, Users } from 'lucide-react';
import type { Channel, LiveStream } from '../api-shapes.ts';
import { CopyButton } from '../copy-button.tsx';
import { strings } from '../strings.ts';
import { absolute, ago } from '../time.ts';
import { useNow } from './use-now.ts';

const REFRESH_MS = 30_000;

export function Details({ channel, stream }: { channel: Channel; stream: LiveStream }) {
  const now = useNow(REFRESH_MS);
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-72">
        <h1 className="text-lg font-semibold text-balance md:text-xl">{channel.title}</h1>
        <div className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
          <LiveBadge stream={channel.live} />
          <span className="font-medium text-text">{channel.name}</span>
          {channel.category === null ? null : <span>{channel.category}</span>}
          <span className="figures inline-flex items-center gap-1.5">
            <Users size={14} aria-hidden="true" />
            {strings.watching(stream.viewers)}
          </span>
          <time className="figures" dateTime={new Date(stream.startedAt).toISOString()} title={absolute(stream.startedAt)}>
            {strings.started(ago(stream.startedAt, now))}
          </time>
        </div>
      </div>
      <CopyButton text={location.href} label={strings.share} done={strings.linkCopied} icon={<Share2 size={16} aria-hidden="true" />} />
    </div>
  );
}

/** Null: over, while the player shows its last seconds. */
function LiveBadge({ stream }: { stream: LiveStream | null }) {
  const onAir = stream !== null && !stream.interrupted;
  const word = onAir ? strings.live : stream === null ? strings.ended : strings.interrupted;
  return (
    <span className="inline-flex items-center gap-1.5 text-sm font-semibold text-text">
      <span className={`size-2 rounded-full ${onAir ? 'bg-live' : 'bg-muted'}`} aria-hidden="true" />
      {word}
    </span>
  );
}
