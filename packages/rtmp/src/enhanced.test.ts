// Which bodies carry a frame, in the legacy and the enhanced form; what is read from a client's connect.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AmfValue } from './amf-value.ts';
import { carriesFrame, clientCapabilities } from './enhanced.ts';
import { MAX_FOURCCS } from './limits.ts';

const video = (...bytes: number[]): boolean => carriesFrame('video', Uint8Array.from(bytes));
const audio = (...bytes: number[]): boolean => carriesFrame('audio', Uint8Array.from(bytes));

describe('carriesFrame', () => {
  it('tells legacy frames from sequence headers, ends and commands', () => {
    assert.deepEqual([video(0x17, 1), video(0x27, 1), video(0x1c, 1), video(0x22, 0)], [true, true, true, true]);
    assert.deepEqual([video(0x17, 0), video(0x17, 2), video(0x57, 0), video()], [false, false, false, false]);
    assert.deepEqual([audio(0xaf, 1), audio(0x2f, 0), audio()], [true, true, true]);
    assert.equal(audio(0xaf, 0), false);
  });

  it('tells enhanced frames from the rest, also in multitrack messages', () => {
    for (const packet of [1, 3, 7]) assert.equal(video(0x90 | packet), true, `packet ${packet}`);
    for (const packet of [0, 2, 4, 5]) assert.equal(video(0x90 | packet), false, `packet ${packet}`);
    assert.deepEqual([video(0x96, 0x01), video(0x96, 0x00), video(0x96, 0x13)], [true, false, true]);
    assert.deepEqual([audio(0x91), audio(0x97), audio(0x95, 0x01)], [true, true, true]);
    assert.deepEqual([audio(0x90), audio(0x92), audio(0x94), audio(0x95, 0x00)], [false, false, false, false]);
  });
});

describe('clientCapabilities', () => {
  const of = (fields: Readonly<Record<string, AmfValue>>) => clientCapabilities(new Map(Object.entries(fields)));

  it('joins the list and the maps, and drops what is no FourCC', () => {
    const { fourCcs } = of({ fourCcList: ['av01', 'toolong', 5, '*'], audioFourCcInfoMap: new Map([['Opus', 4]]) });
    assert.deepEqual(fourCcs, ['av01', '*', 'Opus']);
  });

  it('takes nothing for granted', () => {
    assert.deepEqual(of({}), { flashVer: '', fourCcs: [], capsEx: 0 });
    assert.deepEqual(of({ flashVer: 7, fourCcList: 'hvc1', capsEx: Number.NaN }), { flashVer: '', fourCcs: [], capsEx: 0 });
    const many = Array.from({ length: 500 }, (_, i) => String(1000 + i));
    assert.equal(of({ fourCcList: many }).fourCcs.length, MAX_FOURCCS);
  });
});
