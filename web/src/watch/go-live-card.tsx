// How to go live from here, exactly: OBS, ffmpeg or the demo signal, with addresses and key to copy.

import { type KeyboardEvent, useId, useState } from 'react';
import type { Ingest } from '../api-shapes.ts';
import { CopyButton } from '../copy-button.tsx';
import { strings } from '../strings.ts';
import { ffmpegCommand } from './ffmpeg-command.ts';
import { StreamKey } from './stream-key.tsx';
import { useStreamKey } from './use-stream-key.ts';

const words = strings.goLive;
const TABS = ['obs', 'ffmpeg', 'demo'] as const;
type Tab = (typeof TABS)[number];

const DEMO_COMMAND = 'npx headend demo';

export function GoLiveCard({ channelId, ingest }: { channelId: string; ingest: Ingest }) {
  const [tab, setTab] = useState<Tab>('obs');
  const access = useStreamKey(channelId);
  const panelId = useId();
  return (
    <section className="rounded-ui border border-line bg-bg" aria-label={words.title}>
      <TabList tab={tab} onTab={setTab} panelId={panelId} />
      <div role="tabpanel" id={panelId} aria-label={words.tabs[tab]} className="grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
        {tab === 'obs' ? <ObsPanel ingest={ingest} /> : null}
        {tab === 'ffmpeg' ? <FfmpegPanel ingest={ingest} streamKey={access.streamKey} /> : null}
        {tab === 'demo' ? <DemoPanel /> : <StreamKey access={access} />}
        {tab === 'obs' ? <p className="text-sm text-muted">{words.obsAdvice}</p> : null}
      </div>
      <p className="flex items-center gap-2.5 border-t border-line px-4 py-3 text-sm">
        <span className="waiting-lamp shrink-0" aria-hidden="true" />
        {words.waiting}
      </p>
    </section>
  );
}

function TabList({ tab, onTab, panelId }: { tab: Tab; onTab: (tab: Tab) => void; panelId: string }) {
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    onTab(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <div role="tablist" aria-label={words.title} className="flex gap-1 border-b border-line px-2" onKeyDown={move}>
      {TABS.map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          data-tab={each}
          aria-selected={each === tab}
          aria-controls={panelId}
          tabIndex={each === tab ? 0 : -1}
          onClick={() => onTab(each)}
          className="-mb-px h-10 border-b-2 border-transparent px-3 font-medium text-muted aria-selected:border-accent aria-selected:text-text"
        >
          {words.tabs[each]}
        </button>
      ))}
    </div>
  );
}

function ObsPanel({ ingest }: { ingest: Ingest }) {
  return (
    <>
      <p className="text-muted">{words.obsSteps}</p>
      {ingest.rtmp === null ? null : <CopyRow label={words.server} text={ingest.rtmp} />}
      {ingest.rtmps === null ? null : <CopyRow label={words.serverTls} text={ingest.rtmps} />}
    </>
  );
}

function FfmpegPanel({ ingest, streamKey }: { ingest: Ingest; streamKey: string | null }) {
  const server = ingest.rtmp ?? ingest.rtmps ?? '';
  return (
    <>
      <p className="text-muted">{words.ffmpegSteps}</p>
      <CommandBox shown={ffmpegCommand(server, streamKey === null ? null : '••••••••')} text={ffmpegCommand(server, streamKey)} />
      {streamKey === null ? <p className="text-sm text-muted">{words.ffmpegKeyless}</p> : null}
    </>
  );
}

function DemoPanel() {
  return (
    <>
      <p className="text-muted">{words.demoSteps}</p>
      <CommandBox shown={DEMO_COMMAND} text={DEMO_COMMAND} />
    </>
  );
}

function CopyRow({ label, text }: { label: string; text: string }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-1.5 sm:grid-cols-[88px_minmax(0,1fr)_auto]">
      <span className="col-span-2 text-sm text-muted sm:col-span-1">{label}</span>
      <code className="rounded-ui border border-line bg-surface px-2.5 py-1.5 font-mono text-sm break-all">{text}</code>
      <CopyButton text={text} name={label} />
    </div>
  );
}

function CommandBox({ shown, text }: { shown: string; text: string }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <pre className="rounded-ui border border-line bg-surface p-2.5 font-mono text-sm break-all whitespace-pre-wrap">{shown}</pre>
      <CopyButton text={text} className="justify-self-start" />
    </div>
  );
}
