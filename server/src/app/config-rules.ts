// Combinations of settings that each look right and cannot work together. Pure; one function per rule, so that each has its test.

import type { ConfigProblem, ConfigShape } from './config-schema.ts';

type SourceOf = (key: string) => string | undefined;
type Rule = (config: ConfigShape, sourceOf: SourceOf) => readonly ConfigProblem[];

/** LL-HLS wants a few parts to a segment and a few segments to a playlist (RFC 8216bis, 4.4.3.1 and 6.2.2). */
const MIN_PARTS_PER_SEGMENT = 2;
const MIN_SEGMENTS_PER_WINDOW = 3;

const hasCertificate = (config: ConfigShape): boolean => config.https.cert !== '' && config.https.key !== '';

const certificatePair: Rule = ({ https }, sourceOf) => {
  if ((https.cert === '') === (https.key === '')) return [];
  const [given, missing] = https.cert === '' ? ['https.key', 'https.cert'] : ['https.cert', 'https.key'];
  return [{ key: missing, value: '', source: sourceOf(missing) ?? 'default', expected: `the other half of ${given}: both or neither` }];
};

const portsNeedCertificate: Rule = (config, sourceOf) => {
  if (hasCertificate(config) || config.https.cert !== config.https.key) return [];
  const asked = { 'https.port': config.https.port, 'rtmps.port': config.rtmps.port };
  return Object.entries(asked).flatMap(([key, value]) => {
    const source = sourceOf(key);
    return source === undefined ? [] : [{ key, value, source, expected: 'https.cert and https.key set as well, or this setting left out' }];
  });
};

const distinctPorts: Rule = (config, sourceOf) => {
  const plain = { 'http.port': config.http.port, 'rtmp.port': config.rtmp.port };
  const secure = { 'https.port': config.https.port, 'rtmps.port': config.rtmps.port };
  const taken = new Map<number, string>();
  return Object.entries(hasCertificate(config) ? { ...plain, ...secure } : plain).flatMap(([key, value]) => {
    const other = value === 0 ? undefined : taken.get(value);
    taken.set(value, key);
    return other === undefined ? [] : [{ key, value, source: sourceOf(key) ?? 'default', expected: `another port than ${other} has` }];
  });
};

const durations: Rule = ({ packager, origin }, sourceOf) => {
  const problems: ConfigProblem[] = [];
  if (packager.partTargetMs * MIN_PARTS_PER_SEGMENT > packager.segmentTargetMs) {
    const expected = `at most half of packager.segmentTargetMs (${packager.segmentTargetMs})`;
    problems.push({
      key: 'packager.partTargetMs',
      value: packager.partTargetMs,
      source: sourceOf('packager.partTargetMs') ?? 'default',
      expected,
    });
  }
  if (packager.segmentTargetMs * MIN_SEGMENTS_PER_WINDOW > origin.windowMs) {
    const expected = `at least ${MIN_SEGMENTS_PER_WINDOW} times packager.segmentTargetMs (${packager.segmentTargetMs})`;
    problems.push({ key: 'origin.windowMs', value: origin.windowMs, source: sourceOf('origin.windowMs') ?? 'default', expected });
  }
  return problems;
};

const publicUrlIsBase: Rule = ({ publicUrl }, sourceOf) => {
  if (publicUrl === '') return [];
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  const fits =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search === '' &&
    url.username === '' &&
    url.hash === '';
  if (fits) return [];
  const expected = 'scheme, host and port only, for example https://live.example.org';
  return [{ key: 'publicUrl', value: publicUrl, source: sourceOf('publicUrl') ?? 'default', expected }];
};

const rules: readonly Rule[] = [certificatePair, portsNeedCertificate, distinctPorts, durations, publicUrlIsBase];

export const crossProblems: Rule = (config, sourceOf) => rules.flatMap((rule) => rule(config, sourceOf));
