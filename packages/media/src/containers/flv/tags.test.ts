// FLV and E-RTMP tag bodies byte by byte: layouts of the specifications, of OBS, and messages that FFmpeg 8 wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlvAudioPacket, parseAudioTag } from './audio-tag.ts';
import { MAX_MOD_EX, MAX_TRACKS_PER_MESSAGE } from './ex-header.ts';
import { writeAudioTag, writeVideoTag } from './tag-writer.ts';
import { type FlvVideoPacket, parseVideoTag } from './video-tag.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

const videoOf = (body: string): FlvVideoPacket[] => {
  const parsed = parseVideoTag(bytes(body));
  assert.ok(parsed.ok, body);
  return parsed.value;
};
const audioOf = (body: string): FlvAudioPacket[] => {
  const parsed = parseAudioTag(bytes(body));
  assert.ok(parsed.ok, body);
  return parsed.value;
};
const videoError = (body: string): string | undefined => {
  const parsed = parseVideoTag(bytes(body));
  return parsed.ok ? undefined : parsed.error.code;
};

const AVC1 = '61766331';
const AV01 = '61763031';
const HVC1 = '68766331';

test('legacy AVC: sequence header, key frame with a negative composition time, end of sequence', () => {
  assert.deepEqual(videoOf('17 00 000000 0164'), [{ type: 'config', codec: 'h264', trackIndex: 0, config: bytes('0164') }]);
  assert.deepEqual(videoOf('17 01 ffffd8 0000000165'), [
    { type: 'frame', codec: 'h264', trackIndex: 0, key: true, compositionTimeMs: -40, nanoOffset: 0, data: bytes('0000000165') },
  ]);
  assert.deepEqual(videoOf('17 02 000000'), [{ type: 'end', codec: 'h264', trackIndex: 0 }]);
  assert.deepEqual(videoOf('17 02'), [{ type: 'end', codec: 'h264', trackIndex: 0 }]);
});

test('the unofficial codec ids 12 and 13 are HEVC and AV1 in the layout of AVC', () => {
  assert.deepEqual(videoOf('1c 00 000000 01'), [{ type: 'config', codec: 'hevc', trackIndex: 0, config: bytes('01') }]);
  assert.deepEqual(videoOf('2d 01 000000 0a'), [
    { type: 'frame', codec: 'av1', trackIndex: 0, key: false, compositionTimeMs: 0, nanoOffset: 0, data: bytes('0a') },
  ]);
});

test('a seek mark is a command, whatever codec id stands beside it', () => {
  assert.deepEqual(videoOf('57 00'), [{ type: 'command', command: 0 }]);
  assert.deepEqual(videoOf('d1 01'), [{ type: 'command', command: 1 }]);
});

test('other codecs and packet types are skipped by name, not refused', () => {
  assert.deepEqual(videoOf('14 0102'), [{ type: 'skipped', reason: 'codec_unsupported', detail: 'video codec id 4', trackIndex: 0 }]);
  assert.deepEqual(videoOf('17 07 000000'), [
    { type: 'skipped', reason: 'packet_type_unknown', detail: 'AVC packet type 7', trackIndex: 0 },
  ]);
  assert.deepEqual(videoOf('90 76766331 01'), [
    { type: 'skipped', reason: 'codec_unsupported', detail: 'video FourCC vvc1', trackIndex: 0 },
  ]);
  assert.deepEqual(audioOf('b2 00'), [{ type: 'skipped', reason: 'codec_unsupported', detail: 'sound format 11', trackIndex: 0 }]);
});

test('empty and cut video tags are errors with a code; an empty audio body is silence', () => {
  assert.equal(videoError(''), 'flv_video_empty');
  assert.equal(videoError('17 01 00'), 'flv_truncated');
  assert.equal(videoError('90 6176'), 'flv_truncated');
  assert.equal(videoError(`91 ${HVC1} 0000`), 'flv_truncated');
  assert.deepEqual(audioOf(''), [{ type: 'silence', trackIndex: 0 }]);
});

test('CodedFrames has a composition time for AVC and HEVC only, CodedFramesX for none', () => {
  const frame = { type: 'frame', trackIndex: 0, key: true, nanoOffset: 0 };
  assert.deepEqual(videoOf(`91 ${HVC1} 000042 26`), [{ ...frame, codec: 'hevc', compositionTimeMs: 66, data: bytes('26') }]);
  assert.deepEqual(videoOf(`93 ${HVC1} 26`), [{ ...frame, codec: 'hevc', compositionTimeMs: 0, data: bytes('26') }]);
  assert.deepEqual(videoOf(`91 ${AV01} 0a0b`), [{ ...frame, codec: 'av1', compositionTimeMs: 0, data: bytes('0a0b') }]);
});

test('metadata is read under the frame types of OBS and of FFmpeg', () => {
  const metadata = [{ type: 'metadata', codec: 'hevc', trackIndex: 0, data: bytes('0200') }];
  assert.deepEqual(videoOf(`84 ${HVC1} 0200`), metadata);
  assert.deepEqual(videoOf(`d4 ${HVC1} 0200`), metadata);
});

test('OneTrack, ManyTracks and ManyTracksManyCodecs deliver every track', () => {
  assert.deepEqual(videoOf(`96 00 ${AVC1} 02 0164`), [{ type: 'config', codec: 'h264', trackIndex: 2, config: bytes('0164') }]);
  assert.deepEqual(videoOf(`96 10 ${AVC1} 00 000002 0164 01 000001 01`), [
    { type: 'config', codec: 'h264', trackIndex: 0, config: bytes('0164') },
    { type: 'config', codec: 'h264', trackIndex: 1, config: bytes('01') },
  ]);
  assert.deepEqual(videoOf(`96 20 ${AVC1} 00 000002 0164 78787878 01 000002 ffff ${AV01} 02 000001 81`), [
    { type: 'config', codec: 'h264', trackIndex: 0, config: bytes('0164') },
    { type: 'skipped', reason: 'codec_unsupported', detail: 'video FourCC xxxx', trackIndex: 1 },
    { type: 'config', codec: 'av1', trackIndex: 2, config: bytes('81') },
  ]);
});

test('a track longer than its message is skipped and the tracks before it stand', () => {
  const packets = videoOf(`96 10 ${AVC1} 00 000001 01 01 0000ff 02`);
  assert.deepEqual(
    packets.map((packet) => packet.type),
    ['config', 'skipped'],
  );
});

test('multitrack inside multitrack, unknown multitrack types and unknown ModEx are skipped', () => {
  const reasons = [`96 06 ${AVC1} 00`, `96 30 ${AVC1} 00`, `97 00 00 11 ${AVC1} 00`].map((body) => {
    const [packet] = videoOf(body);
    return packet?.type === 'skipped' ? packet.reason : packet?.type;
  });
  assert.deepEqual(reasons, ['packet_type_unknown', 'multitrack_type_unknown', 'mod_ex_unknown']);
});

test('at most so many tracks count in one message', () => {
  const track = (index: number) => `${index.toString(16).padStart(2, '0')} 000001 01`;
  const body = (count: number) => `96 10 ${AVC1} ${Array.from({ length: count }, (_, i) => track(i)).join('')}`;
  assert.equal(videoOf(body(MAX_TRACKS_PER_MESSAGE)).filter((packet) => packet.type === 'config').length, MAX_TRACKS_PER_MESSAGE);
  const over = videoOf(body(MAX_TRACKS_PER_MESSAGE + 1));
  assert.equal(over.filter((packet) => packet.type === 'config').length, MAX_TRACKS_PER_MESSAGE);
  assert.deepEqual(over.at(-1)?.type, 'skipped');
});

test('ModEx: a nanosecond offset, the two-byte size, several in a chain up to the limit', () => {
  const nano = (packets: FlvVideoPacket[]) => packets.map((packet) => (packet.type === 'frame' ? packet.nanoOffset : packet.type));
  assert.deepEqual(nano(videoOf(`97 02 0c3500 03 ${AVC1} aa`)), [800_000]);
  assert.deepEqual(nano(videoOf(`97 ff 00ff ${'000001'.padEnd(512, '0')} 03 ${AVC1} aa`)), [1]);
  const chain = (count: number) => `97 ${'02 000005 07'.repeat(count - 1)} 02 000007 03 ${AVC1} aa`;
  assert.deepEqual(nano(videoOf(chain(MAX_MOD_EX))), [7]);
  assert.equal(videoError(chain(MAX_MOD_EX + 1)), 'flv_mod_ex_chain');
  assert.equal(videoError(`97 01 0000 03 ${AVC1} aa`), 'flv_mod_ex_size');
  assert.equal(videoError('97 ff ffff 00'), 'flv_truncated');
});

test('AAC and MP3 in their legacy form', () => {
  assert.deepEqual(audioOf('af 00 1190'), [{ type: 'config', codec: 'aac', trackIndex: 0, config: bytes('1190') }]);
  assert.deepEqual(audioOf('af 01 21'), [{ type: 'frame', codec: 'aac', trackIndex: 0, nanoOffset: 0, data: bytes('21') }]);
  assert.deepEqual(audioOf('2f fffb'), [{ type: 'frame', codec: 'mp3', trackIndex: 0, nanoOffset: 0, data: bytes('fffb') }]);
});

test('Ex audio as FFmpeg 8 writes it: OpusHead, multichannel layout, tracks of other codecs', () => {
  const [opus] = audioOf('90 4f707573 4f707573486561640101380180bb0000000000');
  assert.deepEqual(opus?.type === 'config' ? [opus.codec, hex(opus.config)] : opus, ['opus', '4f707573486561640101380180bb0000000000']);
  assert.deepEqual(audioOf('94 4f707573 01 01 00000004'), [
    { type: 'multichannel', codec: 'opus', trackIndex: 0, order: 'native', channels: 1, mask: 4 },
  ]);
  assert.deepEqual(audioOf('95 00 61632d33 02'), [{ type: 'config', codec: 'ac3', trackIndex: 2, config: bytes('') }]);
  assert.deepEqual(audioOf('94 65632d33 02 02 00fe'), [
    { type: 'multichannel', codec: 'eac3', trackIndex: 0, order: 'custom', channels: 2, mapping: bytes('00fe') },
  ]);
});

test('what we write is what OBS and FFmpeg write', () => {
  const frame = { type: 'frame', key: true, compositionTimeMs: 0, nanoOffset: 0, data: bytes('aa') } as const;
  const written = [
    writeVideoTag({ type: 'config', codec: 'h264', trackIndex: 0, config: bytes('01') }),
    writeVideoTag({ ...frame, codec: 'h264', trackIndex: 0, compositionTimeMs: -40 }),
    writeVideoTag({ ...frame, codec: 'hevc', trackIndex: 0, compositionTimeMs: 66 }),
    writeVideoTag({ ...frame, codec: 'hevc', trackIndex: 0 }),
    writeVideoTag({ ...frame, codec: 'h264', trackIndex: 2, key: false, compositionTimeMs: 1 }),
    writeVideoTag({ type: 'metadata', codec: 'av1', trackIndex: 0, data: bytes('02') }),
    writeVideoTag({ type: 'end', codec: 'h264', trackIndex: 0 }),
    writeAudioTag({ type: 'config', codec: 'aac', trackIndex: 0, config: bytes('1190') }),
    writeAudioTag({ type: 'frame', codec: 'aac', trackIndex: 1, nanoOffset: 0, data: bytes('21') }),
    writeAudioTag({ type: 'frame', codec: 'opus', trackIndex: 0, nanoOffset: 1, data: bytes('fc') }),
  ].map(hex);
  assert.deepEqual(written, [
    '170000000001',
    '1701ffffd8aa',
    `91${HVC1}000042aa`,
    `93${HVC1}aa`,
    `a601${AVC1}02000001aa`,
    `d4${AV01}02`,
    '1702000000',
    'af001190',
    '95016d7034610121',
    '9702000001014f707573fc',
  ]);
});
