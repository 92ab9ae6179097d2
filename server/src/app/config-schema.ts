// Every setting of headend.yaml: its type, its limits, its default and what it is for. One table: the parser, the environment names,
// the problem texts and the check of headend.example.yaml all read it. Leaves out anything computed (see config.ts).

import Type, { type Static, type TSchema } from 'typebox';

const MAX_PORT = 65_535;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: MAX_PORT, default: fallback, description: `${description} 0 picks a free port.` });

const whole = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, default: fallback, description });

const text = (fallback: string, description: string) => Type.String({ default: fallback, maxLength: 4096, description });

/** `''` means "not set" for settings that have no default. */
const optionalText = (description: string) => text('', description);

/** Only the embedded engines exist so far; a URL of another scheme must not be taken for one. */
const embedded = (url: string, what: string) =>
  Type.Literal(url, { default: url, description: `${what} Only "${url}" is built in so far.` });

export const codecNames = ['h264', 'hevc', 'av1', 'vp9', 'vp8', 'aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'] as const;
/** Browsers play neither VP8 nor MP3 from MP4, which is all that a passthrough stream can be. */
const playableCodecs = codecNames.filter((codec) => codec !== 'vp8' && codec !== 'mp3');
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const configSchema = Type.Object({
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 255,
    description: 'Address every listener binds to. 0.0.0.0 opens it to the network.',
  }),
  data: Type.String({
    default: './data',
    minLength: 1,
    maxLength: 4096,
    description: 'Folder for database, media and secrets; relative to the working directory.',
  }),
  publicUrl: optionalText(
    'Base URL under which viewers and the API reach this server when a proxy stands in front, for example https://live.example.org.',
  ),
  http: Type.Object({
    port: port(8080, 'HTTP: API, site, HLS, metrics.'),
    trustedProxies: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      default: [],
      maxItems: 64,
      description: 'Addresses or CIDR ranges of proxies whose X-Forwarded-* headers are believed.',
    }),
  }),
  https: Type.Object({
    port: port(8443, 'HTTPS and HTTP/2; used when a certificate is given.'),
    cert: optionalText('Path of the certificate chain (PEM).'),
    key: optionalText('Path of the private key (PEM).'),
  }),
  rtmp: Type.Object({
    port: port(1935, 'RTMP publishing.'),
    maxConnections: whole(512, 1, 65_535, 'Open RTMP and RTMPS connections; further ones are refused.'),
  }),
  rtmps: Type.Object({ port: port(1936, 'RTMP over TLS; used when https.cert and https.key are given.') }),
  database: embedded('pglite:', 'Where channels and streams are kept.'),
  state: embedded('memory:', 'Where short-lived shared state is kept.'),
  events: embedded('file:', 'Where events go.'),
  objects: embedded('file:', 'Where media objects are kept.'),
  reconnect: Type.Object({
    windowMs: whole(30_000, 0, 60 * MINUTE_MS, 'How long a stream waits for its encoder to come back before it ends, in milliseconds.'),
  }),
  packager: Type.Object({
    partTargetMs: whole(200, 50, 2_000, 'Target duration of an LL-HLS part, in milliseconds.'),
    segmentTargetMs: whole(2_000, 500, 20_000, 'Target duration of a segment, in milliseconds.'),
  }),
  origin: Type.Object({
    windowMs: whole(60_000, 6_000, DAY_MS, 'How far back the live playlist reaches, in milliseconds.'),
  }),
  playback: Type.Object({
    tokenTtlMs: whole(12 * 60 * MINUTE_MS, MINUTE_MS, 7 * DAY_MS, 'How long a playback link works, in milliseconds.'),
  }),
  policy: Type.Object({
    maxBitrate: whole(20_000_000, 100_000, 1_000_000_000, 'Highest total bitrate of a publisher, in bits per second.'),
    bitrateWindowMs: whole(10_000, 1_000, 60_000, 'Span over which the bitrate is measured, in milliseconds.'),
    maxWidth: whole(3_840, 16, 16_384, 'Largest picture width, in pixels.'),
    maxHeight: whole(2_160, 16, 16_384, 'Largest picture height, in pixels.'),
    maxFrameRate: whole(60, 1, 120, 'Highest frame rate, in frames per second.'),
    codecs: Type.Array(Type.Enum([...codecNames] as [...typeof codecNames]), {
      default: [...playableCodecs],
      minItems: 1,
      maxItems: codecNames.length,
      description: `Codecs a publisher may send (${codecNames.join(', ')}).`,
    }),
    maxKeyframeIntervalMs: whole(4_000, 250, 60_000, 'Longest distance between keyframes, in milliseconds.'),
    keyframeInterval: Type.Enum(['allow', 'warn', 'refuse'], {
      default: 'warn',
      description: 'What happens when keyframes are further apart.',
    }),
    takeoverAfterMs: whole(
      5_000,
      500,
      10 * MINUTE_MS,
      'A publisher that sent nothing for this long gives way to a second one, in milliseconds.',
    ),
  }),
  log: Type.Object({
    level: Type.Enum([...logLevels] as [...typeof logLevels], { default: 'info', description: 'Least severity that is logged.' }),
  }),
});

export type ConfigShape = Static<typeof configSchema>;

export type ConfigProblem = { readonly key: string; readonly value?: unknown; readonly source: string; readonly expected: string };

export type Setting = {
  /** Dotted path, as in problem texts: `http.port`. */
  readonly key: string;
  readonly path: readonly string[];
  readonly env: string;
  readonly schema: TSchema;
  readonly defaultValue: unknown;
  readonly description: string;
  /** What would be right, in words. */
  readonly expected: string;
};

/** `rtmp.maxConnections` → `HEADEND_RTMP_MAX_CONNECTIONS`. */
export const envName = (path: readonly string[]): string =>
  `HEADEND_${path.map((part) => part.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()).join('_')}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const describeType = (schema: Readonly<Record<string, unknown>>): string => {
  if (schema['const'] !== undefined) return `${JSON.stringify(schema['const'])} (no other engine is built in yet)`;
  if (Array.isArray(schema['enum'])) return `one of ${schema['enum'].join(', ')}`;
  if (schema['type'] === 'integer') return `a whole number from ${schema['minimum']} to ${schema['maximum']}`;
  if (schema['type'] === 'array') {
    const items = isRecord(schema['items']) ? schema['items'] : {};
    return Array.isArray(items['enum']) ? `a list out of ${items['enum'].join(', ')}` : 'a list of texts';
  }
  return Number(schema['minLength'] ?? 0) > 0 ? 'a text that is not empty' : 'a text';
};

const flatten = (schema: TSchema, path: readonly string[]): readonly Setting[] => {
  const fields: Readonly<Record<string, unknown>> = { ...schema };
  const properties = fields['properties'];
  if (isRecord(properties))
    return Object.entries(properties).flatMap(([name, child]) => (isRecord(child) ? flatten(child, [...path, name]) : []));
  const { default: defaultValue, description } = fields;
  return [
    {
      key: path.join('.'),
      path,
      env: envName(path),
      schema,
      defaultValue,
      description: String(description),
      expected: describeType(fields),
    },
  ];
};

export const settings: readonly Setting[] = flatten(configSchema, []);
