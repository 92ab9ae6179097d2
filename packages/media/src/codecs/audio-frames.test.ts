// FLAC, AC-3, E-AC-3 and MP3: frame headers and the configurations made from them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAc3Frame, parseDac3, parseDec3, parseEac3AccessUnit } from './ac3.ts';
import { flacFrameSamples, parseDfla, parseFlacHeader, writeDfla, writeFlacHeader } from './flac.ts';
import { parseMp3Header } from './mp3.ts';
import { dolby, flac, hex, mp3Header } from './test-vectors.ts';

/** The head of a real frame; what follows it does not matter to header parsers. */
const padded = (head: Uint8Array, size: number): Uint8Array => {
  const frame = new Uint8Array(size);
  frame.set(head);
  return frame;
};

describe('FLAC', () => {
  test('the header of E-RTMP becomes the dfLa that FFmpeg writes', () => {
    const config = parseFlacHeader(flac.head);
    assert.ok(config.ok);
    assert.deepEqual([config.value.sampleRate, config.value.channels, config.value.bitsPerSample], [44100, 2, 16]);
    assert.deepEqual(writeDfla(config.value), flac.dfla);
    const dfla = parseDfla(flac.dfla);
    assert.ok(dfla.ok);
    assert.deepEqual(parseFlacHeader(writeFlacHeader(dfla.value)), config);
  });

  test('block size of a frame: coded, 8 bits, 16 bits', () => {
    assert.deepEqual(flacFrameSamples(flac.frame), { ok: true, value: 4608 });
    assert.deepEqual(flacFrameSamples(hex('fff8c918 00 c2')), { ok: true, value: 4096 });
    assert.deepEqual(flacFrameSamples(hex('fff86918 00 bf')), { ok: true, value: 192 });
    assert.deepEqual(flacFrameSamples(hex('fff87918 c280 0fff')), { ok: true, value: 4096 });
    assert.equal(flacFrameSamples(hex('fff80918 00 bf')).ok, false);
  });

  test('another first block or a cut one is refused', () => {
    const comment = parseFlacHeader(hex('664c614384000004 00000000'));
    assert.equal(!comment.ok && comment.error.code, 'flac_config_block');
    const cut = parseFlacHeader(flac.head.subarray(0, 30));
    assert.equal(!cut.ok && cut.error.code, 'flac_config_truncated');
  });
});

describe('AC-3', () => {
  test('a syncframe gives the dac3 that FFmpeg writes', () => {
    const config = parseAc3Frame(dolby.ac3Frame);
    assert.ok(config.ok);
    assert.deepEqual(config.value, { sampleRate: 48000, channels: 6, frameSamples: 1536, box: dolby.dac3 });
    assert.deepEqual(parseDac3(dolby.dac3), config);
  });

  test('what is no syncframe is refused', () => {
    const parsed = parseAc3Frame(hex('0b78d0f81e40ebf8'));
    assert.equal(!parsed.ok && parsed.error.code, 'ac3_sync');
  });
});

describe('E-AC-3', () => {
  test('an access unit gives the dec3 that FFmpeg writes', () => {
    const config = parseEac3AccessUnit(padded(dolby.eac3Head, dolby.eac3FrameBytes));
    assert.ok(config.ok);
    assert.deepEqual(config.value, { sampleRate: 48000, channels: 6, frameSamples: 1536, box: dolby.dec3 });
    assert.deepEqual(parseDec3(dolby.dec3), config);
  });

  test('a dependent substream adds its channels: 7.1 is 5.1 and a rear pair', () => {
    const main = padded(dolby.eac3Head, dolby.eac3FrameBytes);
    // strmtyp 1, substream 0, 64 bytes, 48 kHz, six blocks, 2/2 without LFE, bsid 16, chanmap Ls Rs Lrs/Rrs.
    const dependent = padded(hex('0b77 401f 3c 87d1 a000'), 64);
    const unit = new Uint8Array(main.length + dependent.length);
    unit.set(main);
    unit.set(dependent, main.length);
    const config = parseEac3AccessUnit(unit);
    assert.ok(config.ok);
    assert.equal(config.value.channels, 8);
    assert.deepEqual(config.value.box, hex('0e80 200f 0280'));
    assert.deepEqual(parseDec3(config.value.box), config);
  });

  test('a cut unit is refused', () => {
    const cut = parseEac3AccessUnit(padded(dolby.eac3Head, 1000));
    assert.equal(!cut.ok && cut.error.code, 'eac3_frame_truncated');
  });
});

describe('MP3', () => {
  test('frame header', () => {
    const parsed = parseMp3Header(mp3Header);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value, { layer: 3, sampleRate: 44100, channels: 2, bitrate: 128000, samples: 1152, frameBytes: 417 });
  });

  test('MPEG-2 halves the samples of a frame; MPEG 2.5 the rate again', () => {
    const mpeg2 = parseMp3Header(hex('fff384c4'));
    assert.ok(mpeg2.ok);
    assert.deepEqual([mpeg2.value.sampleRate, mpeg2.value.samples, mpeg2.value.channels], [24000, 576, 1]);
    const mpeg25 = parseMp3Header(hex('ffe384c4'));
    assert.ok(mpeg25.ok);
    assert.deepEqual([mpeg25.value.sampleRate, mpeg25.value.samples], [12000, 576]);
  });

  test('reserved values are refused', () => {
    for (const header of ['fffbf064', 'fffb0064', 'fffb9c64', 'ffeb9064', 'fff99064', '00fb9064', 'fffb90'])
      assert.equal(parseMp3Header(hex(header)).ok, false, header);
  });
});
