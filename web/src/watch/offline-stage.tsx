// Nothing on air. A viewer reads that the picture will come by itself; the operator at the machine reads how to make it come.

import { useQuery } from '@tanstack/react-query';
import { VideoOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { fetchIngest } from '../api.ts';
import type { Channel } from '../api-shapes.ts';
import { strings } from '../strings.ts';
import { GoLiveCard } from './go-live-card.tsx';

type Props = { readonly channel: Channel; readonly ended: boolean; readonly starting: boolean; readonly notice: ReactNode };

export function OfflineStage({ channel, ended, starting, notice }: Props) {
  const ingest = useQuery({ queryKey: ['ingest'], queryFn: ({ signal }) => fetchIngest(signal), staleTime: Number.POSITIVE_INFINITY });
  const doorOpen = ingest.data?.rtmp !== null || ingest.data.rtmps !== null;
  const operator = ingest.data?.local === true && doorOpen && !starting ? ingest.data : null;
  const title = starting ? strings.starting : ended ? strings.endedTitle : strings.offlineTitle(channel.name);
  const text = starting ? null : ended ? strings.endedText : strings.offlineText;
  return (
    <main className="watch">
      <div className="stage">
        <div className={`stage-box plain grid ${operator === null ? '' : 'grows md:py-8'}`}>
          <div className="m-auto grid w-full max-w-2xl justify-items-center gap-2 p-4 text-center">
            {starting ? (
              <span className="waiting-lamp" aria-hidden="true" />
            ) : (
              <VideoOff size={28} className="text-muted" aria-hidden="true" />
            )}
            <div role="status">
              <h1 className="text-lg font-semibold">{title}</h1>
            </div>
            {text === null ? null : <p className="max-w-[48ch] text-muted">{text}</p>}
            {operator === null ? null : (
              <div className="mt-4 hidden w-full text-left md:block">
                <GoLiveCard channelId={channel.id} ingest={operator} />
              </div>
            )}
          </div>
        </div>
      </div>
      <div className="below">
        {notice}
        {operator === null ? null : (
          <div className="md:hidden">
            <GoLiveCard channelId={channel.id} ingest={operator} />
          </div>
        )}
      </div>
    </main>
  );
}
