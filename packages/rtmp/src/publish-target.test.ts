// The stream key wherever clients put it, and the names that no key may have.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_NAME_LENGTH, MAX_STREAM_KEY_LENGTH } from './limits.ts';
import { publishTarget } from './publish-target.ts';

const found = (app: string, tcUrl: string, name: string): string => {
  const target = publishTarget('live', app, tcUrl, name);
  return target.ok ? `${target.value.streamKey} ${new URLSearchParams([...target.value.query])}`.trim() : target.error.code;
};

describe('publishTarget', () => {
  it('finds the key in every place that clients use', () => {
    const cases: readonly (readonly [app: string, tcUrl: string, name: string, expected: string])[] = [
      ['live', 'rtmp://h:1935/live', 'key', 'key'],
      ['live/', 'rtmp://h/live/', 'key', 'key'],
      ['live/key', 'rtmp://h/live/key', '', 'key'],
      ['live/a', 'rtmp://h/live/a', 'b', 'a/b'],
      ['', 'rtmp://h/live', 'key', 'key'],
      ['', '//h/live', 'key', 'app_unknown'],
      ['"live"', '"rtmp://h/live"', 'key', 'key'],
      ['live', 'rtmp://h/live', 'key?x=1&y=2', 'key x=1&y=2'],
      ['live?x=1', 'rtmp://h/live?x=1', 'key', 'key x=1'],
      ['live', 'rtmp://h/live?x=1', 'key?y=2', 'key x=1&y=2'],
      ['live/key?x=1', 'rtmp://h/live/key?x=1', '', 'key x=1'],
      ['live', 'rtmp://h/live', 'live%5Fmain', 'live_main'],
      ['live', 'rtmp://h/live', 'a%2525', 'a%25'],
      ['live', 'rtmp://h/live', 'bad%zz', 'bad%zz'],
    ];
    for (const [app, tcUrl, name, expected] of cases) assert.equal(found(app, tcUrl, name), expected, `${app} ${tcUrl} ${name}`);
  });

  it('knows one application', () => {
    assert.equal(found('vod', 'rtmp://h/vod', 'key'), 'app_unknown');
    assert.equal(found('', '', 'key'), 'app_unknown');
    assert.equal(found('LIVE', 'rtmp://h/LIVE', 'key'), 'app_unknown');
  });

  it('refuses keys that are none', () => {
    for (const name of ['', '?x=1', '..', 'a..b', '%2e%2e', 'a\nb', 'a%00b', 'x'.repeat(MAX_STREAM_KEY_LENGTH + 1)]) {
      assert.equal(found('live', 'rtmp://h/live', name), 'key_malformed', JSON.stringify(name.slice(0, 10)));
    }
    assert.equal(found('live', 'rtmp://h/live', 'x'.repeat(MAX_STREAM_KEY_LENGTH)), 'x'.repeat(MAX_STREAM_KEY_LENGTH));
    assert.equal(found('live', 'rtmp://h/live', 'x'.repeat(MAX_NAME_LENGTH + 1)), 'key_malformed');
    assert.equal(found(`live/${'x'.repeat(MAX_NAME_LENGTH)}`, '', 'key'), 'app_unknown');
  });

  it('never quotes what it refuses', () => {
    const target = publishTarget('live', 'secretapp', 'rtmp://h/secretapp', 'secretkey');
    assert.ok(!target.ok && !target.error.message.includes('secret'));
  });
});
