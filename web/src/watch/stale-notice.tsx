// The server stopped answering while there is something to show: say so beside it, not instead of it.

import type { PlaybackError } from '@headend/player';
import { WifiOff } from 'lucide-react';
import { strings } from '../strings.ts';
import { Countdown } from './error-stage.tsx';

export function StaleNotice({ error, retryAt, onRetry }: { error: PlaybackError; retryAt: number; onRetry: () => void }) {
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 rounded-ui border border-line bg-surface px-3 py-2">
      <WifiOff size={16} className="text-bad" aria-hidden="true" />
      <Countdown retryAt={retryAt} text={strings.staleText} />
      <span className="font-mono text-xs text-muted">
        {strings.code}: {error.code}
      </span>
      <button type="button" className="button ml-auto" onClick={onRetry}>
        {strings.tryNow}
      </button>
    </div>
  );
}
