// No secret leaves through a log line: by the shape of the text and by the name of the member, also in errors and their causes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from './log.ts';
import { redact } from './redact.ts';

const KEY = 'live_main_12_Abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE';
const TOKEN = 'p1.k1.eyJzIjoic3RfMSJ9.Abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE';
const ADMIN = 'hadm_Abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE';
const SECRETS = [KEY, TOKEN, ADMIN, 'Abcdefghij', 'hunter2', 'eyJzIjoic3RfMSJ9'];

const texts: readonly (readonly [input: string, output: string])[] = [
  [`publish rtmp://host:1935/live/${KEY} refused`, 'publish rtmp://host:1935/live/live_main_12_*** refused'],
  [`two ${KEY} and ${KEY}`, 'two live_main_12_*** and live_main_12_***'],
  [`/p/${TOKEN}/st_1/v0/playlist.m3u8`, '/p/p1.k1.***/st_1/v0/playlist.m3u8'],
  [`/v1/streams/st_1/manifest.m3u8?token=${TOKEN}&_HLS_msn=3`, '/v1/streams/st_1/manifest.m3u8?token=***&_HLS_msn=3'],
  [`Authorization: Bearer ${ADMIN}`, 'Authorization: Bearer ***'],
  ['authorization: basic aHVudGVyMg==', 'authorization: basic ***'],
  [`the secret is ${ADMIN}.`, 'the secret is hadm_***.'],
  ['postgres://user:hunter2@db/headend', 'postgres://***@db/headend'],
  [`srt://host:8890?streamid=publish:${KEY}`, 'srt://host:8890?streamid=publish:live_main_12_***'],
  [`#!::m=publish,r=${KEY}`, '#!::m=publish,r=live_main_12_***'],
  ['live_Main_1_Abcdefghijklmnopqrst', 'live_***'],
  ['/live/x?key=hunter2#f', '/live/x?key=***#f'],
];

describe('redact', () => {
  for (const [input, output] of texts) it(`turns ${input.slice(0, 40)}… into ${output}`, () => assert.equal(redact(input), output));

  it('leaves other text alone', () => {
    const text = 'stream st_01m83532ycjsetyyfqx115dama live_streams token bucket http://host:8080/p live at 5 fps';
    assert.equal(redact(text), text);
  });

  it('cuts a text that has no place in a log, and stays quick on hostile ones', () => {
    assert.ok(redact('live_'.repeat(200_000)).length < 17_000);
    assert.ok(redact(`${'?token='.repeat(5_000)}${'bearer '.repeat(5_000)}`).length < 17_000);
  });
});

describe('the log', () => {
  const capture = () => {
    const lines: string[] = [];
    return { lines, log: createLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } }) };
  };
  const assertClean = (text: string): void => {
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${secret} in ${text}`);
  };

  it('takes secrets out of messages, arguments, members, errors and causes', () => {
    const { lines, log } = capture();
    log.info(`key ${KEY}`);
    log.info('key %s', KEY);
    log.info({ streamKey: KEY, headers: { authorization: `Bearer ${ADMIN}` }, url: `/p/${TOKEN}/x` }, 'request');
    log.child({ token: TOKEN }).info({ deep: { er: { password: 'hunter2' } } }, 'child');
    log.error({ err: new Error(`bad ${KEY}`, { cause: new Error(`worse ${TOKEN}`) }) }, 'failed');
    assert.equal(lines.length, 5);
    assertClean(lines.join(''));
    assert.match(lines.join(''), /worse p1\.k1\.\*\*\*/);
  });

  it('keeps what operators need', () => {
    const { lines, log } = capture();
    log.warn({ stream: 'st_1', frames: 3 }, 'slow');
    const line: unknown = JSON.parse(lines[0] ?? '');
    assert.ok(typeof line === 'object' && line !== null && 'level' in line && 'stream' in line && 'frames' in line && 'time' in line);
    assert.deepEqual([line.level, line.stream, line.frames], ['warn', 'st_1', 3]);
  });
});
