// The generated test signal as a publisher of its own: small, so that encoder, server and browser fit on two cores.

import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Headend } from '../kit/headend.ts';
import { type Program, start } from '../kit/program.ts';

const LAUNCHER = fileURLToPath(new URL('../../server/bin/headend.mjs', import.meta.url));

export type DemoOptions = {
  /** Stream key of another channel than `main`. */
  readonly streamKey?: string;
  readonly codec?: 'h264' | 'hevc' | 'av1';
  readonly audio?: 'aac' | 'opus';
  readonly size?: string;
};

export const publishDemo = (t: TestContext, server: Headend, options: DemoOptions = {}): Program => {
  const { streamKey = server.bootstrap.streamKey, codec = 'h264', audio = 'aac', size = '640x360' } = options;
  const signal = ['--size', size, '--bitrate', '800k', '--codec', codec, '--audio', audio];
  return start(t, process.execPath, [LAUNCHER, 'demo', '--url', server.bootstrap.urls.rtmp, ...signal], {
    env: { HEADEND_STREAM_KEY: streamKey },
  });
};
