// Configuration: where values come from, what is refused and with which words, and that the documented sample is complete.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, parseConfig } from './config.ts';
import { formatProblems } from './config-problems.ts';
import { envName, settings } from './config-schema.ts';
import type { ConfigSources } from './config-sources.ts';

const file = (text: string): NonNullable<ConfigSources['file']> => ({ name: 'headend.yaml', text });

const accept = (sources: ConfigSources) => {
  const parsed = parseConfig(sources);
  assert.ok(parsed.ok, parsed.ok ? '' : formatProblems(parsed.error));
  return parsed.value;
};

const refuse = (sources: ConfigSources): string => {
  const parsed = parseConfig(sources);
  assert.ok(!parsed.ok, 'accepted what should be refused');
  return formatProblems(parsed.error);
};

describe('configuration values', () => {
  it('has the documented defaults', () => {
    const { config, warnings } = accept({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.data, resolve('./data'));
    assert.deepEqual([config.http.port, config.https.port, config.rtmp.port, config.rtmps.port], [8080, 8443, 1935, 1936]);
    assert.deepEqual([config.database, config.state, config.events, config.objects], ['pglite:', 'memory:', 'file:', 'file:']);
    assert.equal(config.reconnect.windowMs, 30_000);
    assert.deepEqual(warnings, []);
  });

  it('names environment variables after the keys', () => {
    assert.equal(envName(['http', 'port']), 'HEADEND_HTTP_PORT');
    assert.equal(envName(['rtmp', 'maxConnections']), 'HEADEND_RTMP_MAX_CONNECTIONS');
    const names = settings.map(({ env }) => env);
    for (const name of [
      'HEADEND_HOST',
      'HEADEND_DATA',
      'HEADEND_HTTPS_PORT',
      'HEADEND_RTMP_PORT',
      'HEADEND_RTMPS_PORT',
      'HEADEND_DATABASE',
    ]) {
      assert.ok(names.includes(name), name);
    }
  });

  it('lets the environment win over the file, and flags over both', () => {
    const sources = {
      file: file('http: { port: 1 }\nrtmp: { port: 2 }\nhost: "::1"'),
      env: { HEADEND_HTTP_PORT: '3', HEADEND_RTMP_PORT: '4', HEADEND_HOST: '' },
    };
    const { config } = accept({ ...sources, overrides: { 'rtmp.port': '5' } });
    assert.deepEqual([config.http.port, config.rtmp.port, config.host], [3, 5, '::1']);
  });

  it('reads lists from the environment', () => {
    assert.deepEqual(accept({ env: { HEADEND_POLICY_CODECS: 'h264, aac' } }).config.policy.codecs, ['h264', 'aac']);
  });

  it('is frozen all the way down', () => {
    const { config } = accept({});
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.policy) && Object.isFrozen(config.policy.codecs));
  });

  it('takes empty groups and an empty file', () => {
    accept({ file: file('') });
    accept({ file: file('rtmps:\nhttp: {}\n') });
  });

  it('only warns about environment variables it does not know, because orchestrators add their own', () => {
    const { warnings } = accept({ env: { HEADEND_HTP_PORT: '1', HEADEND_SERVICE_HOST: 'x', HEADEND_CONFIG: 'y', PATH: '/bin' } });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /HEADEND_HTP_PORT.*did you mean "HEADEND_HTTP_PORT"/);
  });
});

const tls = 'cert: /c.pem, key: /k.pem';
const refused: readonly (readonly [name: string, sources: ConfigSources, problem: RegExp])[] = [
  ['an unknown key', { file: file('htp: { port: 1 }') }, /htp is \{"port":1\} \(from headend.yaml\).*no such setting/],
  ['an unknown key in a group', { file: file('http: { prt: 1 }') }, /http\.prt is 1 .*did you mean "http\.port"/],
  ['a wrong type', { file: file('http: { port: "8080" }') }, /http\.port is "8080" .*a whole number from 0 to 65535/],
  ['a number out of range', { env: { HEADEND_HTTP_PORT: '65536' } }, /http\.port is 65536 \(from HEADEND_HTTP_PORT\)/],
  ['a number with a tail', { env: { HEADEND_HTTP_PORT: '80x' } }, /http\.port is "80x"/],
  ['a fraction', { file: file('reconnect: { windowMs: 1.5 }') }, /reconnect\.windowMs is 1\.5/],
  ['a value where a group belongs', { file: file('http: 8080') }, /http is 8080 .*a group of settings \(port, trustedProxies\)/],
  ['a list at the top', { file: file('- a\n- b') }, /\(file\) is \["a","b"\].*a group of settings/],
  ['another choice', { file: file('log: { level: loud }') }, /log\.level is "loud".*one of trace, debug/],
  ['a codec nobody knows', { file: file('policy: { codecs: [h264, divx] }') }, /policy\.codecs .*a list out of h264/],
  ['an engine that is not built in', { env: { HEADEND_DATABASE: 'postgres://db/headend' } }, /database is .*"pglite:" \(no other engine/],
  ['more than 120 frames a second', { file: file('policy: { maxFrameRate: 240 }') }, /policy\.maxFrameRate is 240 .*1 to 120/],
  ['broken YAML', { file: file('http: [1\n  port') }, /\(file\).*valid YAML/],
  ['the same key twice', { file: file('host: a\nhost: b') }, /\(file\).*valid YAML/],
  [
    'a YAML alias bomb',
    {
      file: file(
        `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcde'[i]}`).join(',')}]`).join('\n')}`,
      ),
    },
    /problem/,
  ],
  ['a file far too large', { file: file(`# ${'x'.repeat(300_000)}`) }, /at most 262144 characters/],
  ['an unknown flag', { overrides: { 'http.prot': 1 } }, /http\.prot is 1 \(from command line\)/],
  ['a certificate without its key', { file: file('https: { cert: /c.pem }') }, /https\.key is "".*both or neither/],
  ['a key without its certificate', { file: file('https: { key: /k.pem }') }, /https\.cert is "".*both or neither/],
  ['an HTTPS port without a certificate', { env: { HEADEND_HTTPS_PORT: '443' } }, /https\.port is 443 .*https\.cert and https\.key/],
  ['an RTMPS port without a certificate', { file: file('rtmps: { port: 1936 }') }, /rtmps\.port is 1936 .*https\.cert and https\.key/],
  ['two listeners on one port', { file: file('http: { port: 1935 }') }, /rtmp\.port is 1935 .*another port than http\.port/],
  ['HTTPS on the HTTP port', { file: file(`https: { port: 8080, ${tls} }`) }, /https\.port is 8080/],
  [
    'parts longer than half a segment',
    { file: file('packager: { partTargetMs: 600, segmentTargetMs: 1000 }') },
    /packager\.partTargetMs is 600/,
  ],
  [
    'a window of fewer than three segments',
    { file: file('packager: { segmentTargetMs: 10000 }\norigin: { windowMs: 20000 }') },
    /origin\.windowMs is 20000/,
  ],
  ['a public URL with a path', { file: file('publicUrl: https://example.org/live') }, /publicUrl .*scheme, host and port only/],
  ['a public URL of another scheme', { env: { HEADEND_PUBLIC_URL: 'rtmp://example.org' } }, /publicUrl/],
];

describe('configuration problems', () => {
  for (const [name, sources, problem] of refused) {
    it(`refuses ${name}`, () => assert.match(refuse(sources), problem));
  }

  it('collects all problems', () => {
    const text = refuse({ file: file('http: { port: x }\nlog: { level: y }'), env: { HEADEND_RTMP_PORT: 'z' } });
    assert.match(text, /has 3 problems/);
  });

  it('accepts ports 0 side by side, and the same key with a certificate', () => {
    accept({ file: file('http: { port: 0 }\nrtmp: { port: 0 }') });
    accept({ file: file(`https: { port: 0, ${tls} }\nrtmps: { port: 0 }`) });
  });

  it('keeps passwords out of problem texts', () => {
    assert.doesNotMatch(refuse({ env: { HEADEND_DATABASE: 'postgres://user:hunter2@db/headend' } }), /hunter2/);
  });
});

describe('configuration files', () => {
  it('is found by name, by HEADEND_CONFIG, and must exist when named', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'headend-config-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'other.yaml');
    await writeFile(path, 'http: { port: 7 }');
    const byFlag = loadConfig({ file: path, env: {} });
    const byEnv = loadConfig({ env: { HEADEND_CONFIG: path } });
    assert.ok(byFlag.ok && byFlag.value.config.http.port === 7);
    assert.ok(byEnv.ok && byEnv.value.config.http.port === 7);
    const missing = loadConfig({ file: join(folder, 'none.yaml'), env: {} });
    assert.ok(!missing.ok);
    assert.match(formatProblems(missing.error), /--config.*there is no such file/);
  });

  it('says which certificate cannot be read', () => {
    const loaded = loadConfig({ env: {}, overrides: { 'https.cert': '/no/such/cert.pem', 'https.key': '/no/such/key.pem' } });
    assert.ok(!loaded.ok);
    assert.match(formatProblems(loaded.error), /https\.cert is "\/no\/such\/cert\.pem".*a readable PEM file/);
  });

  it('has a sample at the root that parses to the defaults and lists every setting', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../headend.example.yaml'), 'utf8');
    assert.deepEqual(accept({ file: file(text) }).config, accept({}).config);
    const listed = new Set<string>();
    let group = '';
    for (const line of text.split('\n')) {
      const [, indent, name, value] = /^( *)(?:# )?([a-zA-Z]+):(.*)$/.exec(line) ?? [];
      if (name === undefined || indent === undefined) continue;
      if (indent === '' && line.startsWith('#')) continue;
      if (indent === '' && value?.trim() === '') group = name;
      listed.add(indent === '' ? name : `${group}.${name}`);
    }
    assert.deepEqual(
      settings.filter(({ key }) => !listed.has(key)).map(({ key }) => key),
      [],
    );
  });
});
