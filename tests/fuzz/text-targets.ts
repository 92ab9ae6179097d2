// Targets of text: HLS playlists and directives, tokens, keys, media paths, request headers, the journal and its recovery, configuration,
// redaction.

import { millis, wallMs } from '@headend/core';
import {
  decideDelivery,
  type MediaPlaylist,
  parseDeliveryDirectives,
  parseMediaPlaylist,
  parseMultivariant,
  serverControlFor,
  validateDeltaUpdate,
  validateMediaPlaylist,
  validateMultivariant,
  validatePresentation,
  writeMediaPlaylist,
  writeMultivariant,
} from '@headend/manifest';
import { parseAttributeList, parseDecimalFloat, parseDecimalInteger } from '../../packages/manifest/src/attribute-list.ts';
import { parseConfig } from '../../server/src/app/config.ts';
import { isLocal } from '../../server/src/control/api/locality.ts';
import type { Keyring } from '../../server/src/control/keyring.ts';
import { createPlaybackTokens } from '../../server/src/control/playback-token.ts';
import { parseEntitlements, parsePolicy } from '../../server/src/control/policy.ts';
import { signStreamKey, verifyStreamKey } from '../../server/src/control/stream-key.ts';
import { redact } from '../../server/src/observe/redact.ts';
import { decideRange, sliceChunks } from '../../server/src/origin/byte-range.ts';
import { parseJournal } from '../../server/src/origin/journal.ts';
import { parseMediaTarget } from '../../server/src/origin/media-path.ts';
import { SyntheticEncoder, testTokens, VirtualClock } from '../../server/src/origin/origin.test-kit.ts';
import { Origin } from '../../server/src/origin/origin.ts';
import { etagMatches, negotiateCoding } from '../../server/src/origin/rendered-text.ts';
import { JOURNAL_NAME } from '../../server/src/origin/segment-keeper.ts';
import { MemorySegmentFiles } from '../../server/src/stores/segments/memory.ts';
import { type Target, textTarget } from './target.ts';

const part = (uri: string) => ({ uri, duration: 0.2, independent: true, gap: false });

const playlist: MediaPlaylist = {
  targetDuration: 2,
  partTarget: 0.2,
  serverControl: serverControlFor(2, 0.2),
  mediaSequence: 40,
  discontinuitySequence: 1,
  segments: Array.from({ length: 12 }, (_, i) => ({
    uri: `${40 + i}.m4s`,
    duration: 2,
    discontinuity: i === 3,
    gap: i === 5,
    map: i < 3 ? 'init-0.mp4' : 'init-1.mp4',
    programDateTime: wallMs(1_790_000_000_000 + 2000 * i),
    parts: i < 10 ? [] : [part(`${40 + i}.0.m4s`), part(`${40 + i}.1.m4s`)],
  })),
  open: { discontinuity: false, map: 'init-1.mp4', programDateTime: wallMs(1_790_000_024_000), parts: [part('52.0.m4s')] },
  preloadHints: [{ type: 'PART', uri: '52.1.m4s' }],
  renditionReports: [{ uri: '../a0/playlist.m3u8', lastMsn: 51, lastPart: 9 }],
  ended: false,
};

const fullText = writeMediaPlaylist(playlist);
const deltaText = writeMediaPlaylist(playlist, { skip: true });
const multivariantText = writeMultivariant({
  independentSegments: true,
  audio: [{ groupId: 'audio', name: 'a0', language: undefined, isDefault: true, autoselect: true, channels: 2, uri: 'a0/playlist.m3u8' }],
  variants: [
    {
      uri: 'v0/playlist.m3u8',
      bandwidth: 2_000_000,
      averageBandwidth: 1_500_000,
      codecs: 'avc1.64001F,mp4a.40.2',
      resolution: { width: 1280, height: 720 },
      frameRate: 25,
      videoRange: 'SDR',
      audio: 'audio',
      stableVariantId: undefined,
    },
  ],
});

const playlistWords = [
  ...fullText.split('\n').flatMap((line) => [`\n${line.split(':')[0]}:`, `\n${line}`]),
  '\r',
  '\ufeff',
  '"',
  ',',
  '=',
  '@',
  '-1',
  '1e308',
  '0x10',
  '9007199254740993',
  'NaN',
  '#EXT-X-SKIP:SKIPPED-SEGMENTS=99999999',
];

export const playlistTargets: readonly Target[] = [
  textTarget('media playlist', [parseMediaPlaylist], [fullText, deltaText], playlistWords, (text) => [
    parseMediaPlaylist(text),
    validateMediaPlaylist(text),
    validateDeltaUpdate(text, fullText),
    validateDeltaUpdate(deltaText, text),
    validatePresentation(new Map(Object.entries({ v0: fullText, a0: text }))),
  ]),
  textTarget('multivariant playlist', [parseMultivariant], [multivariantText], playlistWords, (text) => [
    parseMultivariant(text),
    validateMultivariant(text),
  ]),
  textTarget(
    'attribute list',
    [parseAttributeList, parseDecimalInteger, parseDecimalFloat],
    ['A=1,B="x,y",C=1.5,D=1x2,E=0xFF'],
    ['"', ',', '=', '0x'],
    (text) => [parseAttributeList(text), parseDecimalInteger(text), parseDecimalFloat(text)],
  ),
  textTarget(
    'delivery directives',
    [parseDeliveryDirectives],
    ['_HLS_msn=12&_HLS_part=3&_HLS_skip=YES', '_HLS_skip=v2', '_HLS_msn=%31%32'],
    ['_HLS_msn=', '&', '%', '%00', '-1', '999999999999999', '1e9', '_HLS_part='],
    (text) => {
      const directives = parseDeliveryDirectives(text);
      const edge = { lastMsn: 40, lastSegmentParts: 10, openParts: 3, ended: false, partTarget: 0.2, targetDuration: 2 };
      return directives.ok ? decideDelivery(edge, directives.value) : directives;
    },
  ),
];

const ring: Keyring = [{ kid: 'k1', secret: new Uint8Array(32).fill(7) }];
const tokens = createPlaybackTokens(ring);
const NOW = wallMs(1_790_000_000_000);
const token = tokens.issue({ streamId: 'st_1', expiresAt: wallMs(NOW + 1000), viewerSession: 'v' });

export const requestTargets: readonly Target[] = [
  textTarget('playback token', [], [token, token.replace('p1', 'p2')], ['p1.', '.', '_', '-', 'e30', 'bnVsbA', '\u0000'], (text) =>
    tokens.verify(text, NOW),
  ),
  textTarget(
    'stream key',
    [],
    [signStreamKey(ring, { channelId: 'main', version: 1 }), 'live_x_999999999_'],
    ['live_', '_', '0', '=', '\u0000'],
    (text) => verifyStreamKey(ring, text),
  ),
  textTarget(
    'media path',
    [parseMediaTarget],
    ['manifest.m3u8', 'v0/playlist.m3u8?_HLS_msn=1', 'v0/init-0.mp4', 'a0/12.m4s', 'v0/12.3.m4s'].map((path) => `/p/${token}/st_1/${path}`),
    ['/', '..', '%2e', '%00', '?', '/p/', '.m4s', '999999999999999'],
    parseMediaTarget,
  ),
  textTarget(
    'range header',
    [],
    ['bytes=0-99', 'bytes=-5', 'bytes=10-', 'bytes=0-1,5-6'],
    ['bytes=', '-', ',', '9999999999999999'],
    (text) => {
      const range = decideRange(text, 1000);
      return typeof range === 'object' ? sliceChunks([new Uint8Array(400), new Uint8Array(600)], range) : range;
    },
  ),
  textTarget(
    'negotiation and validators',
    [],
    ['br;q=0.9, gzip, *;q=0', 'W/"abc", "def"', '*'],
    [';q=', ',', '*', '"', 'W/', ' '.repeat(50)],
    (text) => [negotiateCoding(text), etagMatches(text, '"abc"')],
  ),
  textTarget('host header', [], ['localhost:8080', '[::1]', '127.0.0.1', 'xn--a.localhost'], ['[', ']', ':', '@', '%', '\u3002'], (text) =>
    isLocal({ remoteAddress: '127.0.0.1', host: text, headers: {} }),
  ),
  textTarget(
    'redaction',
    [],
    [`Bearer ${token} rtmp://u:p@host/live/${signStreamKey(ring, { channelId: 'main', version: 1 })}?token=x`],
    ['live_', 'p1.', 'Bearer ', '://', '?key=', 'a'.repeat(200)],
    redact,
  ),
];

const journal = await (async (): Promise<string> => {
  const [files, clock] = [new MemorySegmentFiles(), new VirtualClock()];
  const presentation = new Origin({ clock, files, tokens: testTokens, windowMs: millis(20_000) }).open('st_1');
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  encoder.segments(4);
  encoder.part();
  await presentation.keeper.idle();
  return new TextDecoder().decode((await files.read(`st_1/${JOURNAL_NAME}`)) ?? new Uint8Array(0));
})();

const journalWords = [
  '\n',
  '"',
  ',',
  '[',
  '{',
  'null',
  '-1',
  '1e308',
  '99999',
  '"gap":true',
  '{"t":"restart"}\n',
  '{"t":"end"}\n',
  ...journal.split('\n'),
];

const recover = async (text: string): Promise<unknown> => {
  const files = new MemorySegmentFiles();
  await files.write(`st_1/${JOURNAL_NAME}`, [new TextEncoder().encode(text)]);
  const origin = new Origin({ clock: new VirtualClock(), files, tokens: testTokens, windowMs: millis(20_000) });
  await origin.recover();
  const presentation = origin.get('st_1');
  return presentation?.renditions.map((rendition) => presentation.playlist(rendition, false).text);
};

const yaml = 'data: ./data\nhttp:\n  port: 8080\nrtmp:\n  port: 1935\n';

export const storedTargets: readonly Target[] = [
  textTarget('journal', [parseJournal], [journal], journalWords, (text) => parseJournal(new TextEncoder().encode(text))),
  textTarget('recovery', [parseJournal], [journal], journalWords, recover),
  textTarget(
    'configuration file',
    [parseConfig],
    [yaml],
    ['&a ', '*a', '<<: ', '- ', '? ', '!!js ', '\t', '{', '[', 'port:', '__proto__:', '1e99'],
    (text) => parseConfig({ file: { name: 'x', text }, env: { HEADEND_HTTP_PORT: text.slice(0, 20) } }),
  ),
  textTarget(
    'stored policies',
    [parsePolicy, parseEntitlements],
    ['{"max_bitrate":1000000,"codecs":["h264"]}', '{"login_required":false}'],
    ['"', '{', 'null', '-1', '__proto__'],
    (text) => {
      let stored: unknown = text;
      try {
        stored = JSON.parse(text);
      } catch {
        // Not JSON: stored as a text, which is no policy either.
      }
      return [parsePolicy(stored), parseEntitlements(stored)];
    },
  ),
];
