// What the terminal shows once everything listens: where to watch, where to publish, how to stop.

export type PanelFacts = {
  readonly watchUrl: string;
  /** Set when a certificate is given. */
  readonly watchHttpsUrl: string | undefined;
  readonly apiDocsUrl: string;
  readonly rtmpUrl: string;
  readonly rtmpsUrl: string | undefined;
  readonly streamKey: string;
  readonly dataFolder: string;
  /** Only on the very first start. */
  readonly adminSecret: string | undefined;
  readonly localOnly: boolean;
  readonly demo: boolean;
};

const row = (label: string, value: string): string => `  ${label.padEnd(14)}${value}`;

export const renderPanel = (facts: PanelFacts): string => {
  const lines = [
    '',
    '  Headend is running.',
    '',
    row('Watch', facts.watchUrl),
    ...(facts.watchHttpsUrl === undefined ? [] : [row('', facts.watchHttpsUrl)]),
    row('Publish', facts.rtmpUrl),
    ...(facts.rtmpsUrl === undefined ? [] : [row('', facts.rtmpsUrl)]),
    row('Stream key', facts.streamKey),
    row('API', facts.apiDocsUrl),
    row('Data', facts.dataFolder),
  ];
  if (facts.adminSecret !== undefined) {
    lines.push('', row('Admin secret', facts.adminSecret), row('', 'Shown once. It is also in bootstrap.json in the data folder.'));
  }
  lines.push(
    '',
    facts.demo ? '  A test signal is being published.' : '  No encoder at hand? In another terminal: npx headend demo',
    facts.localOnly
      ? '  Only this machine can connect. To open it to your network: HEADEND_HOST=0.0.0.0 npm start'
      : '  Other machines can connect to these ports.',
    '  Ctrl-C stops it.',
    '',
  );
  return lines.join('\n');
};
