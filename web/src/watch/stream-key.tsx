// The stream key: masked, with reveal and copy; or the form that asks for the administrator secret first.

import { Eye, EyeOff, KeyRound } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { CopyButton } from '../copy-button.tsx';
import { strings } from '../strings.ts';
import type { KeyAccess } from './use-stream-key.ts';

const words = strings.goLive;
const MASK = '••••••••••••••••••••••••';

export function StreamKey({ access }: { access: KeyAccess }) {
  return access.streamKey === null ? <SecretForm access={access} /> : <KeyRow streamKey={access.streamKey} onForget={access.forget} />;
}

function KeyRow({ streamKey, onForget }: { streamKey: string; onForget: () => void }) {
  const [shown, setShown] = useState(false);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-1.5 sm:grid-cols-[88px_minmax(0,1fr)_auto]">
        <span className="col-span-2 text-sm text-muted sm:col-span-1">{words.key}</span>
        <code className="rounded-ui border border-line bg-surface px-2.5 py-1.5 font-mono text-sm break-all">
          {shown ? streamKey : MASK}
        </code>
        <span className="flex gap-2">
          <button type="button" className="button" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff size={16} aria-hidden="true" /> : <Eye size={16} aria-hidden="true" />}
            {shown ? words.hide : words.reveal}
          </button>
          <CopyButton text={streamKey} name={words.key} />
        </span>
      </div>
      <button type="button" className="button quiet justify-self-start text-muted" onClick={onForget}>
        {words.forget}
      </button>
    </div>
  );
}

function SecretForm({ access }: { access: KeyAccess }) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== '') access.unlock(typed);
  };
  const refused = access.error?.status === 401 || access.error?.status === 403;
  const complaint = access.error === null ? null : refused ? words.wrongSecret : access.error.message;
  return (
    <form onSubmit={submit} className="grid grid-cols-[minmax(0,1fr)] gap-1.5">
      <label htmlFor={id} className="text-sm text-muted">
        {words.secretLabel}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          aria-invalid={complaint !== null}
          aria-describedby={`${id}-help`}
          className="field flex-1 font-mono"
        />
        <button type="submit" className="button primary" disabled={access.checking}>
          <KeyRound size={16} aria-hidden="true" />
          {access.checking ? words.unlocking : words.unlock}
        </button>
      </div>
      <p id={`${id}-help`} className="text-sm text-muted">
        {complaint === null || access.checking ? (
          words.secretHelp
        ) : (
          <span className="text-bad" role="alert">{`${complaint} (${access.error?.code ?? ''})`}</span>
        )}
      </p>
    </form>
  );
}
