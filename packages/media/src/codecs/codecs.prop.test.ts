// Laws of every parser here: no bytes make it throw or run on, and what is written reads back the same.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timescale } from '@headend/core';
import fc from 'fast-check';
import type { AudioCodec, VideoCodec } from '../track.ts';
import { createAudioTrack, createVideoTrack } from '../tracks.ts';
import { parseAdtsHeader, parseAudioSpecificConfig, stripAdts, writeAudioSpecificConfig } from './aac.ts';
import { parseAc3Frame, parseDac3, parseDec3, parseEac3AccessUnit } from './ac3.ts';
import { normaliseAccessUnit } from './access-unit.ts';
import { findAv1SequenceHeader, normaliseTemporalUnit, parseAv1Config, writeAv1Config } from './av1.ts';
import { parseAv1SequenceHeader } from './av1-sequence.ts';
import { flacFrameSamples, parseDfla, parseFlacHeader } from './flac.ts';
import { parseAvcConfig, writeAvcConfig } from './h264.ts';
import { parseH264Sps } from './h264-sps.ts';
import { parseHevcConfig, writeHevcConfig } from './hevc.ts';
import { parseHevcSps } from './hevc-sps.ts';
import { parseHevcVps } from './hevc-vps.ts';
import { parseMp3Header } from './mp3.ts';
import {
  annexBToLengthPrefixed,
  joinAnnexB,
  joinLengthPrefixed,
  lengthPrefixedToAnnexB,
  type NalLengthSize,
  removeEmulationPrevention,
  splitAnnexB,
  splitLengthPrefixed,
} from './nal.ts';
import { opusPacketSamples, parseDops, parseOpusHead, writeDops, writeOpusHead } from './opus.ts';
import * as vectors from './test-vectors.ts';
import { parseVp8FrameHeader, parseVp9FrameHeader, parseVpConfig, writeVpConfig } from './vp9.ts';

const RUNS = { numRuns: 400, interruptAfterTimeLimit: 3000 };
const MAX_BYTES = 600;

/** Every golden vector: mutations of real bytes reach much deeper than noise. */
const golden: readonly Uint8Array[] = Object.values(vectors).flatMap((group) =>
  group instanceof Uint8Array ? [group] : Object.values(group).filter((value) => value instanceof Uint8Array),
);

type Mutation = { readonly at: number; readonly value: number };

const mutate = (bytes: Uint8Array, mutations: readonly Mutation[], cut: number): Uint8Array => {
  const copy = bytes.slice(0, Math.ceil(bytes.length * cut));
  for (const { at, value } of mutations) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
};

const mutation = fc.record({ at: fc.nat(MAX_BYTES), value: fc.integer({ min: 0, max: 255 }) });
const mutated = fc
  .tuple(fc.constantFrom(...golden), fc.array(mutation, { maxLength: 6 }), fc.constantFrom(1, 1, 0.9, 0.5))
  .map(([bytes, mutations, cut]) => mutate(bytes, mutations, cut));
/** Zeros and ones are the longest Exp-Golomb codes and the largest counts. */
const extreme = fc
  .array(fc.constantFrom(0x00, 0xff, 0x80, 0x01, 0x67, 0x42, 0x03), { maxLength: MAX_BYTES })
  .map((bytes) => Uint8Array.from(bytes));
const hostile = fc.oneof(fc.uint8Array({ maxLength: MAX_BYTES }), mutated, extreme);

const withHeader =
  (parse: (bytes: Uint8Array) => unknown, ...header: number[]) =>
  (bytes: Uint8Array) =>
    parse(Uint8Array.of(...header, ...bytes));

const videoTrack = (codec: VideoCodec) => (config: Uint8Array) =>
  createVideoTrack({ id: 1, codec, config, timescale: timescale(1000), sizeHint: { width: 16, height: 16 } });
const audioTrack = (codec: AudioCodec) => (bytes: Uint8Array) => [
  createAudioTrack({ id: 1, codec, config: bytes }),
  createAudioTrack({ id: 1, codec, config: new Uint8Array(0), frame: bytes }),
];

const parsers: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'length-prefixed 1': (bytes) => splitLengthPrefixed(bytes, 1),
  'length-prefixed 2': (bytes) => splitLengthPrefixed(bytes, 2),
  'length-prefixed 4': (bytes) => splitLengthPrefixed(bytes, 4),
  'Annex B': splitAnnexB,
  'emulation prevention': removeEmulationPrevention,
  avcC: parseAvcConfig,
  'H.264 SPS': parseH264Sps,
  'H.264 SPS body': withHeader(parseH264Sps, 0x67, 100),
  hvcC: parseHevcConfig,
  'HEVC SPS': parseHevcSps,
  'HEVC SPS body': withHeader(parseHevcSps, 0x42, 0x01),
  'HEVC VPS': parseHevcVps,
  'HEVC VPS body': withHeader(parseHevcVps, 0x40, 0x01),
  'H.264 access unit': (bytes) => normaliseAccessUnit('h264', bytes, 4),
  'H.264 access unit, byte stream': withHeader((bytes) => normaliseAccessUnit('h264', bytes, 4), 0, 0, 0, 1),
  'H.264 SEI': withHeader((bytes) => normaliseAccessUnit('h264', joinLengthPrefixed([bytes]), 4), 0x06),
  'HEVC access unit': (bytes) => normaliseAccessUnit('hevc', bytes, 1),
  av1C: parseAv1Config,
  'AV1 sequence header': parseAv1SequenceHeader,
  'AV1 temporal unit': normaliseTemporalUnit,
  'AV1 configuration OBUs': findAv1SequenceHeader,
  vpcC: parseVpConfig,
  'VP9 frame': parseVp9FrameHeader,
  'VP8 frame': parseVp8FrameHeader,
  AudioSpecificConfig: parseAudioSpecificConfig,
  'ADTS header': parseAdtsHeader,
  'ADTS strip': stripAdts,
  OpusHead: parseOpusHead,
  'OpusHead body': withHeader(parseOpusHead, ...vectors.opus.head.subarray(0, 9)),
  dOps: parseDops,
  'Opus packet': opusPacketSamples,
  'FLAC header': parseFlacHeader,
  dfLa: parseDfla,
  'FLAC frame': withHeader(flacFrameSamples, 0xff, 0xf8),
  'AC-3 frame': withHeader(parseAc3Frame, 0x0b, 0x77),
  'E-AC-3 unit': withHeader(parseEac3AccessUnit, 0x0b, 0x77),
  dac3: parseDac3,
  dec3: parseDec3,
  'MP3 header': withHeader(parseMp3Header, 0xff),
  'H.264 track': videoTrack('h264'),
  'HEVC track': videoTrack('hevc'),
  'AV1 track': videoTrack('av1'),
  'VP9 track': videoTrack('vp9'),
  'AAC track': audioTrack('aac'),
  'Opus track': audioTrack('opus'),
  'FLAC track': audioTrack('flac'),
  'AC-3 track': audioTrack('ac3'),
  'E-AC-3 track': audioTrack('eac3'),
  'MP3 track': audioTrack('mp3'),
};

describe('no bytes make a parser throw or run on', () => {
  for (const [name, parse] of Object.entries(parsers)) {
    test(name, () => {
      fc.assert(
        fc.property(hostile, (bytes) => {
          parse(bytes);
        }),
        RUNS,
      );
    });
  }
});

/** Emulation prevention put in, the other direction of what the package needs. */
const escapeRbsp = (rbsp: Uint8Array): Uint8Array => {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
};

/** Zero-rich payloads that end in a stop bit, as RBSPs do. */
const rbsp = fc
  .array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 3), fc.integer({ min: 0, max: 255 })), { maxLength: 80 })
  .map((bytes) => Uint8Array.from([...bytes, 0x80]));
const nals = fc.array(rbsp.map(escapeRbsp), { maxLength: 12 });
const lengthSize = fc.constantFrom<NalLengthSize[]>(1, 2, 4);

describe('NAL units', () => {
  test('emulation prevention comes out as it went in', () => {
    fc.assert(fc.property(rbsp, (bytes) => assert.deepEqual(removeEmulationPrevention(escapeRbsp(bytes)), bytes)));
  });

  test('byte stream and 4-byte lengths turn into each other', () => {
    fc.assert(
      fc.property(nals, (units) => {
        const stream = joinAnnexB(units);
        const prefixed = joinLengthPrefixed(units);
        assert.deepEqual(splitAnnexB(stream), { ok: true, value: units });
        assert.deepEqual(splitLengthPrefixed(prefixed, 4), { ok: true, value: units });
        assert.deepEqual(annexBToLengthPrefixed(stream), { ok: true, value: prefixed });
        assert.deepEqual(lengthPrefixedToAnnexB(prefixed, 4), { ok: true, value: stream });
      }),
    );
  });

  test('a normalised access unit is normal: once more changes nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('h264' as const, 'hevc' as const),
        fc.oneof(nals.map(joinLengthPrefixed), nals.map(joinAnnexB)),
        (codec, data) => {
          const once = normaliseAccessUnit(codec, data, 4);
          assert.ok(once.ok);
          const twice = normaliseAccessUnit(codec, once.value.data, 4);
          assert.ok(twice.ok);
          assert.equal(twice.value.data, once.value.data);
          assert.equal(twice.value.key, once.value.key);
          assert.equal(twice.value.parameterSets, undefined);
        },
      ),
    );
  });
});

/** Records as parsers make them: with a prototype, which deepEqual compares. */
const PLAIN = { noNullPrototype: true } as const;
const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const set = bytes(1, 40);
const depth = fc.integer({ min: 8, max: 15 });
const byte = fc.integer({ min: 0, max: 255 });

describe('what is written reads back the same', () => {
  test('avcC', () => {
    const tail = fc.record(
      {
        chromaFormat: fc.nat(3),
        bitDepthLuma: depth,
        bitDepthChroma: depth,
        spsExtensions: fc.array(set, { maxLength: 3 }),
      },
      PLAIN,
    );
    const sets = { sps: fc.array(set, { maxLength: 31 }), pps: fc.array(set, { maxLength: 40 }) };
    const head = { compatibility: byte, level: byte, lengthSize, ...sets };
    const base = fc.record({ profile: fc.constantFrom(66, 77, 88), ...head }, PLAIN);
    const high = fc.record({ profile: fc.constantFrom(100, 110, 122, 244), ...head, highProfile: tail }, PLAIN);
    fc.assert(
      fc.property(fc.oneof(base, high), (config) => assert.deepEqual(parseAvcConfig(writeAvcConfig(config)), { ok: true, value: config })),
    );
  });

  test('hvcC', () => {
    const profileTierLevel = fc.record(
      {
        profileSpace: fc.nat(3),
        highTier: fc.boolean(),
        profileIdc: fc.nat(31),
        compatibility: fc.nat(0xffffffff),
        constraints: bytes(6, 6),
        levelIdc: byte,
      },
      PLAIN,
    );
    const array = fc.record({ complete: fc.boolean(), type: fc.nat(63), nals: fc.array(set, { maxLength: 4 }) }, PLAIN);
    const config = fc.record(
      {
        profileTierLevel,
        minSpatialSegmentation: fc.nat(4095),
        parallelismType: fc.nat(3),
        chromaFormat: fc.nat(3),
        bitDepthLuma: depth,
        bitDepthChroma: depth,
        averageFrameRate: fc.nat(65535),
        constantFrameRate: fc.nat(3),
        temporalLayers: fc.nat(7),
        temporalIdNested: fc.boolean(),
        lengthSize,
        arrays: fc.array(array, { maxLength: 6 }),
      },
      PLAIN,
    );
    fc.assert(fc.property(config, (value) => assert.deepEqual(parseHevcConfig(writeHevcConfig(value)), { ok: true, value })));
  });

  test('av1C and vpcC', () => {
    const av1 = fc.record(
      {
        profile: fc.nat(7),
        level: fc.nat(31),
        highTier: fc.boolean(),
        bitDepth: fc.constantFrom(8 as const, 10 as const, 12 as const),
        monochrome: fc.boolean(),
        subsamplingX: fc.nat(1),
        subsamplingY: fc.nat(1),
        chromaSamplePosition: fc.nat(3),
        presentationDelayMinusOne: fc.nat(15),
        configObus: bytes(0, 40),
      },
      {
        ...PLAIN,
        requiredKeys: [
          'profile',
          'level',
          'highTier',
          'bitDepth',
          'monochrome',
          'subsamplingX',
          'subsamplingY',
          'chromaSamplePosition',
          'configObus',
        ],
      },
    );
    fc.assert(fc.property(av1, (value) => assert.deepEqual(parseAv1Config(writeAv1Config(value)), { ok: true, value: { ...value } })));
    const vp = fc.record(
      {
        profile: fc.nat(3),
        level: byte,
        bitDepth: fc.constantFrom(8, 10, 12),
        chromaSubsampling: fc.nat(7),
        fullRange: fc.boolean(),
        primaries: byte,
        transfer: byte,
        matrix: byte,
      },
      PLAIN,
    );
    fc.assert(
      fc.property(vp, (value) => {
        const written = writeVpConfig(value);
        assert.deepEqual(parseVpConfig(written), { ok: true, value });
        assert.deepEqual(parseVpConfig(written.subarray(4)), { ok: true, value });
      }),
    );
  });

  test('dOps, OpusHead and the AAC-LC configuration', () => {
    const opus = fc.record(
      {
        channels: fc.integer({ min: 1, max: 2 }),
        preSkip: fc.nat(65535),
        inputSampleRate: fc.nat(0xffffffff),
        outputGain: fc.integer({ min: -32768, max: 32767 }),
        mappingFamily: fc.constant(0),
      },
      PLAIN,
    );
    fc.assert(
      fc.property(opus, (value) => {
        assert.deepEqual(parseDops(writeDops(value)), { ok: true, value });
        assert.deepEqual(parseOpusHead(writeOpusHead(value)), { ok: true, value });
      }),
    );
    const aac = fc.record(
      {
        sampleRate: fc.oneof(fc.constantFrom(48000, 44100, 8000), fc.integer({ min: 1, max: 192_000 })),
        channelConfiguration: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 5 as const, 6 as const, 7 as const),
      },
      PLAIN,
    );
    fc.assert(
      fc.property(aac, (setup) => {
        const parsed = parseAudioSpecificConfig(writeAudioSpecificConfig(setup));
        assert.ok(parsed.ok);
        assert.deepEqual([parsed.value.sampleRate, parsed.value.channelConfiguration], [setup.sampleRate, setup.channelConfiguration]);
      }),
    );
  });
});
