// Takes secrets out of free text before it is logged: stream keys, playback tokens, admin secrets, bearer credentials, passwords in URLs.
// The first characters of a key's public part stay, so that a line can still be told apart. Pure.

const MASK = '***';
/** Longer texts are cut first: a log line is never a place for a megabyte, and the patterns below stay linear. */
const MAX_TEXT = 16 * 1024;

type Rule = readonly [pattern: RegExp, replacement: string];

const rules: readonly Rule[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${MASK}`],
  // live_<channel>_<version>_<mac>; also a mac that was cut or padded by whoever typed it.
  [/\b(live_[a-z0-9-]{1,40}_\d{1,10}_)[A-Za-z0-9_-]+/g, `$1${MASK}`],
  // Something that means to be a key and is malformed still may hold most of a real one.
  [/\b(live_)(?![a-z0-9-]{1,40}_\d{1,10}_\*)[A-Za-z0-9_-]{16,}/g, `$1${MASK}`],
  [/\bhadm_[A-Za-z0-9_-]+/g, `hadm_${MASK}`],
  // p1.<kid>.<claims>.<mac>
  [/\b(p\d+\.[a-z0-9]{1,16}\.)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, `$1${MASK}`],
  [/([?&](?:token|key|stream_key|secret|password|pass|auth|jwt|access_token|signature)=)[^&\s#"']+/gi, `$1${MASK}`],
  [/([a-z][a-z0-9+.-]*:\/\/)[^/\s@"']+@/gi, `$1${MASK}@`],
];

export const redact = (text: string): string => {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return rules.reduce((done, [pattern, replacement]) => done.replaceAll(pattern, replacement), cut);
};

/** Object members that pino replaces whole, wherever a room puts them in a log call. */
export const redactedPaths: readonly string[] = [
  'authorization',
  'streamKey',
  'stream_key',
  'token',
  'adminToken',
  'secret',
  'password',
  'cookie',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export const redactedValue = MASK;
