// No channel to show: it does not exist, or the server does not answer. What failed, what we do, what you can do, a code to quote.

import type { PlaybackError } from '@headend/player';
import { CircleAlert, RotateCcw } from 'lucide-react';
import { strings } from '../strings.ts';
import { useNow } from './use-now.ts';

type Props = { readonly error: PlaybackError; readonly retryAt: number; readonly onRetry: () => void };

export function ErrorStage({ error, retryAt, onRetry }: Props) {
  const unknown = error.status === 404;
  return (
    <main className="watch">
      <div className="stage">
        <div className="stage-box plain grid place-content-center justify-items-center gap-2 p-4 text-center">
          <CircleAlert size={28} className="text-bad" aria-hidden="true" />
          <div role="alert">
            <h1 className="text-lg font-semibold">{unknown ? strings.channelUnknownTitle : strings.errorTitle}</h1>
          </div>
          {unknown ? <p className="text-muted">{strings.channelUnknownText}</p> : <Countdown retryAt={retryAt} text={strings.errorText} />}
          {unknown ? (
            <a className="button mt-1" href="/">
              {strings.home}
            </a>
          ) : (
            <button type="button" className="button mt-1" onClick={onRetry}>
              <RotateCcw size={16} aria-hidden="true" />
              {strings.tryNow}
            </button>
          )}
          <p className="font-mono text-xs text-muted">
            {strings.code}: {error.code}
          </p>
        </div>
      </div>
    </main>
  );
}

export function Countdown({ retryAt, text }: { retryAt: number; text: (seconds: number) => string }) {
  const now = useNow(500);
  return <p className="figures max-w-[44ch] text-muted">{text(Math.max(0, Math.ceil((retryAt - now) / 1000)))}</p>;
}
