// A button that copies a text and says so.

import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { strings } from './strings.ts';

const SAID_MS = 2_000;

type Outcome = 'idle' | 'copied' | 'failed';

export function CopyButton(props: { text: string; label?: string; done?: string; icon?: ReactNode; className?: string; name?: string }) {
  const [outcome, setOutcome] = useState<Outcome>('idle');
  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = window.setTimeout(() => setOutcome('idle'), SAID_MS);
    return () => window.clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(props.text)) ? 'copied' : 'failed');
  const label = props.label ?? strings.copy;
  const said = outcome === 'copied' ? (props.done ?? strings.copied) : outcome === 'failed' ? strings.copyFailed : label;
  return (
    <button type="button" className={`button ${props.className ?? ''}`} onClick={() => void copy()}>
      {outcome === 'copied' ? <Check size={16} aria-hidden="true" /> : (props.icon ?? <Copy size={16} aria-hidden="true" />)}
      <span aria-live="polite">{said}</span>
      {props.name === undefined || outcome !== 'idle' ? null : <span className="sr-only"> {props.name}</span>}
    </button>
  );
}

/** The clipboard exists in secure contexts only (localhost counts). */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
