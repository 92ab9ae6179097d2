// One good text, and for every rule one edit that breaks exactly what the rule is about.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateDeltaUpdate, validateMediaPlaylist, validateMultivariant, validatePresentation } from '../index.ts';

const good = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
#EXT-X-PART-INF:PART-TARGET=0.50000
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXT-X-PART:DURATION=0.50000,URI="7.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="7.1.m4s"
#EXT-X-PART:DURATION=0.50000,URI="7.2.m4s"
#EXT-X-PART:DURATION=0.30000,URI="7.3.m4s"
#EXTINF:1.80000,
7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.800Z
#EXT-X-PART:DURATION=0.50000,URI="8.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="8.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"
#EXT-X-RENDITION-REPORT:URI="../a0/playlist.m3u8",LAST-MSN=8,LAST-PART=1
`;

const rulesOf = (text: string, previous?: string): string[] =>
  validateMediaPlaylist(text, previous === undefined ? {} : { previous }).map((violation) => violation.rule);

const edit = (from: string | RegExp, to: string, text = good): string => {
  const edited = text.replace(from, to);
  assert.notEqual(edited, text, `nothing to edit: ${from}`);
  return edited;
};

test('a good playlist has no violation, on its own and after itself', () => {
  assert.deepEqual(validateMediaPlaylist(good, { previous: good }), []);
});

const longTail = Array.from({ length: 5 }, (_, index) => `#EXTINF:2.00000,\n${80 + index}.m4s\n`).join('');

const breaking: readonly (readonly [string, string])[] = [
  ['no_bom', `\ufeff${good}`],
  ['no_control_characters', edit('7.m4s', '7.m4s\t')],
  ['parse', edit('#EXTM3U\n', '')],
  ['parse', edit('#EXT-X-TARGETDURATION:2\n', '')],
  ['parse', edit('DURATION=0.50000,URI="7.0.m4s"', 'URI="7.0.m4s"')],
  ['parse', edit('CAN-BLOCK-RELOAD=YES', 'CAN-BLOCK-RELOAD=YES,HOLD-BACK=6')],
  ['tag_once', edit('#EXT-X-PART-INF', '#EXT-X-PART-INF:PART-TARGET=0.50000\n#EXT-X-PART-INF')],
  ['sequence_before_segments', edit('7.m4s\n', '7.m4s\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n')],
  ['head_before_parts', edit('#EXTINF', '#EXT-X-DISCONTINUITY\n#EXTINF')],
  [
    'hint_after_parts',
    edit('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"\n', '').replace(
      '#EXT-X-PART:DURATION=0.50000,URI="8.1',
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"\n#EXT-X-PART:DURATION=0.50000,URI="8.1',
    ),
  ],
  ['duration_precision', edit('0.30000', '0.3')],
  ['version_floor', edit('VERSION:6', 'VERSION:3')],
  ['version_ceiling', edit('VERSION:6', 'VERSION:9')],
  ['extinf_within_target', edit('TARGETDURATION:2', 'TARGETDURATION:1')],
  ['hold_back', edit('HOLD-BACK=6.0', 'HOLD-BACK=5.0')],
  ['part_hold_back', edit('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=0.9')],
  ['part_hold_back', edit('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.2')],
  ['part_hold_back', edit('PART-HOLD-BACK=1.50000,', '')],
  ['skip_boundary', edit('CAN-SKIP-UNTIL=12', 'CAN-SKIP-UNTIL=11')],
  ['skip_dateranges', edit('CAN-SKIP-UNTIL=12.00000', 'CAN-SKIP-DATERANGES=YES')],
  ['part_inf', edit('#EXT-X-PART-INF:PART-TARGET=0.50000\n', '')],
  ['part_within_target', edit('0.50000,URI="7.1', '0.50001,URI="7.1')],
  ['part_minimum', edit('0.50000,URI="7.1', '0.42499,URI="7.1')],
  ['part_sum', edit('0.30000', '0.20000')],
  ['part_listing', edit('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.800Z\n', longTail)],
  ['hint_once', edit('#EXT-X-REND', '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="x.m4s"\n#EXT-X-REND')],
  ['hint_after_end', `${good}#EXT-X-ENDLIST\n`],
  ['hint_missing', edit(/#EXT-X-PRELOAD.*\n/, '')],
  ['hint_listed', edit('URI="8.2', 'URI="8.1')],
  ['report_once', edit('#EXT-X-REND', '#EXT-X-RENDITION-REPORT:URI="../a0/playlist.m3u8",LAST-MSN=8,LAST-PART=1\n#EXT-X-REND')],
  ['report_relative', edit('../a0', 'https://example.org/a0')],
  ['report_last_part', edit(',LAST-PART=1', '')],
  ['skip_advertised', edit(',CAN-SKIP-UNTIL=12.00000', '').replace('SEQUENCE:7\n', 'SEQUENCE:5\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n')],
  ['skip_empty', edit('SEQUENCE:7\n', 'SEQUENCE:7\n#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n')],
  ['program_date_time', edit(/#EXT-X-PROGRAM.*\n/g, '')],
  ['map_missing', edit(/#EXT-X-MAP.*\n/, '')],
  ['uri_unique', edit('8.1.m4s', '7.1.m4s')],
  ['playlist_type', edit('#EXT-X-MEDIA-SEQ', '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQ')],
];

for (const [rule, text] of breaking)
  test(`the validator reports ${rule}`, () => assert.ok(rulesOf(text).includes(rule), rulesOf(text).join()));

const breakingHistory: readonly (readonly [string, string])[] = [
  ['target_duration_constant', edit('TARGETDURATION:2', 'TARGETDURATION:3')],
  ['part_target_constant', edit('PART-TARGET=0.50000', 'PART-TARGET=0.60000')],
  ['server_control_constant', edit('HOLD-BACK=6.0', 'HOLD-BACK=7.0')],
  ['media_sequence_falls', edit('SEQUENCE:7', 'SEQUENCE:6')],
  ['edge_falls', edit(/#EXT-X-PART:DURATION=0.50000,URI="8.1.*\n/, '')],
  ['segment_edited', edit('\n7.m4s', '\n7b.m4s')],
  ['segment_edited', edit('T00:00:00.000Z', 'T00:00:00.001Z')],
  ['segment_edited', edit('T00:00:01.800Z', 'T00:00:01.801Z')],
  ['part_edited', edit('7.2.m4s', '7.2b.m4s')],
  ['part_edited', edit('URI="8.1.m4s"', 'URI="8.1b.m4s"')],
  ['hint_honoured', edit('URI="8.2.m4s"', 'URI="8.3.m4s"')],
];

for (const [rule, text] of breakingHistory)
  test(`between two fetches the validator reports ${rule}`, () =>
    assert.ok(rulesOf(text, good).includes(rule), rulesOf(text, good).join()));

test('removal is checked: sequence step and the remaining window', () => {
  const removed = edit(/#EXT-X-PROGRAM[\s\S]*\n7.m4s\n/, '', edit('SEQUENCE:7', 'SEQUENCE:8'));
  assert.deepEqual(rulesOf(removed, good), ['window_minimum']);
  const discontinuity = edit('#EXT-X-MAP', '#EXT-X-DISCONTINUITY\n#EXT-X-MAP');
  assert.ok(rulesOf(removed, discontinuity).includes('discontinuity_sequence_step'));
});

test('nothing changes after the end', () => {
  const ended = `${edit(/#EXT-X-PRELOAD.*\n/, '')}#EXT-X-ENDLIST\n`;
  assert.ok(rulesOf(good, ended).includes('changed_after_end'));
});

test('a hint may be honoured by the first part of the next segment', () => {
  const rolled = edit(
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.2.m4s"',
    '#EXTINF:1.00000,\n8.m4s\n#EXT-X-PART:DURATION=0.50000,URI="8.2.m4s",INDEPENDENT=YES\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="9.1.m4s"',
  );
  assert.deepEqual(rulesOf(rolled, good), []);
});

test('delta updates are compared with the full playlist', () => {
  const segments = Array.from({ length: 10 }, (_, index) => `#EXTINF:2.00000,\n${index}.m4s\n`);
  const head = (version: number) =>
    `#EXTM3U\n#EXT-X-VERSION:${version}\n#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12.00000\n#EXT-X-MEDIA-SEQUENCE:0\n`;
  const map = '#EXT-X-MAP:URI="i.mp4"\n';
  const full = head(6) + map + segments.join('');
  const delta = (skipped: number) => `${head(9)}#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}\n${segments.slice(skipped).join('')}`;
  assert.deepEqual(validateDeltaUpdate(delta(4), full), []);
  assert.ok(validateDeltaUpdate(delta(5), full).some((violation) => violation.rule === 'skip_boundary'));
  assert.ok(validateDeltaUpdate(delta(3).replace('=3', '=4'), full).some((violation) => violation.rule === 'skip_count'));
});

test('playlists of one presentation agree', () => {
  const a0 = edit('../a0', '../v0');
  const check = (other: string) =>
    validatePresentation(
      new Map([
        ['v0', good],
        ['a0', other],
      ]),
    ).map((violation) => violation.rule);
  assert.deepEqual(check(a0), []);
  assert.deepEqual(check(a0.replace('TARGETDURATION:2', 'TARGETDURATION:3')), ['presentation_target_duration']);
  assert.deepEqual(check(a0.replace('HOLD-BACK=6', 'HOLD-BACK=7')), ['presentation_server_control']);
  assert.deepEqual(check(a0.replace(/#EXT-X-PROGRAM.*\n/g, '')), ['presentation_dates']);
  assert.deepEqual(check(a0.replace('#EXT-X-MAP', '#EXT-X-DISCONTINUITY\n#EXT-X-MAP')), ['presentation_discontinuities']);
  assert.deepEqual(check(a0.replace(/#EXT-X-REND.*\n/, '')), ['presentation_reports']);
});

test('a stub of a segment before a discontinuity is not taken for the segment after it', () => {
  const dated = (at: string, seconds: string, name: string) =>
    `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:${at}Z\n#EXTINF:${seconds},\n${name}.m4s\n`;
  const head = (sequence: number) => `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n`;
  const cut = (init: number) => `#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-${init}.mp4"\n`;
  const a0 = `${head(0)}#EXT-X-MAP:URI="init-0.mp4"\n${dated('10.000', '2.00000', '0')}${dated('12.000', '0.10000', '1')}${cut(1)}${dated('12.105', '2.00000', '2')}`;
  const v0 = `${head(2)}${cut(1)}${dated('12.080', '2.00000', '2')}`;
  const disagree = (video: string) =>
    validatePresentation(
      new Map([
        ['v0', video],
        ['a0', a0],
      ]),
    ).some(({ rule }) => rule === 'presentation_discontinuities');
  assert.equal(disagree(v0), false);
  assert.equal(disagree(v0.replace('#EXT-X-DISCONTINUITY\n', '')), true);
});

const multivariant = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a0/playlist.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720,AUDIO="audio"
v0/playlist.m3u8
`;

const breakingMultivariant: readonly (readonly [string, string])[] = [
  ['parse', multivariant.replace('BANDWIDTH=2000000,AVERAGE-', 'AVERAGE-')],
  ['parse', multivariant.replace('v0/playlist.m3u8\n', '')],
  ['variants', '#EXTM3U\n'],
  ['bandwidth', multivariant.replace('BANDWIDTH=2000000', 'BANDWIDTH=0')],
  ['average_bandwidth', multivariant.replace('=1500000', '=2500000')],
  ['codecs', multivariant.replace('CODECS="avc1.64001F,mp4a.40.2",', '')],
  ['resolution', multivariant.replace('RESOLUTION=1280x720,', '')],
  ['group_unknown', multivariant.replace('AUDIO="audio"', 'AUDIO="other"')],
  ['group_unused', multivariant.replace(',AUDIO="audio"', '')],
  ['default_autoselect', multivariant.replace('AUTOSELECT=YES', 'AUTOSELECT=NO')],
  ['channels', multivariant.replace('CHANNELS="2",', '')],
  ['mixed_playlist', `${multivariant}#EXT-X-TARGETDURATION:2\n`],
  ['group_names', multivariant.replace(/(#EXT-X-MEDIA.*\n)/, '$1$1')],
  ['group_default', multivariant.replace(/(#EXT-X-MEDIA.*\n)/, '$1$1')],
  ['stable_variant_id', multivariant.replace('RESOLUTION', 'STABLE-VARIANT-ID="a b",RESOLUTION')],
];

test('a good multivariant playlist has no violation', () => assert.deepEqual(validateMultivariant(multivariant), []));
for (const [rule, text] of breakingMultivariant)
  test(`the multivariant validator reports ${rule}`, () =>
    assert.ok(validateMultivariant(text).some((violation) => violation.rule === rule)));

test('a variant with an unknown requirement is dropped together with its URI', () => {
  const text = multivariant.replace('RESOLUTION', 'REQ-SOMETHING="x",RESOLUTION');
  assert.ok(validateMultivariant(text).some((violation) => violation.rule === 'variants'));
});
