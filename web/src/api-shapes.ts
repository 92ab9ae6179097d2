// What the /v1 API answers, parsed leniently: unknown fields are ignored, missing ones get what a page can show. Pure.

export type LiveStream = {
  readonly id: string;
  readonly state: string;
  /** The publisher is gone and may still come back. */
  readonly interrupted: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly viewers: number;
};

export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly category: string | null;
  readonly live: LiveStream | null;
};

export type Ingest = {
  /** The viewer sits at the machine that runs the server: show how to go live. */
  readonly local: boolean;
  /** Null when the door is closed in the configuration. */
  readonly rtmp: string | null;
  readonly rtmps: string | null;
};

type Fields = Readonly<Record<string, unknown>>;

export function parseChannel(value: unknown): Channel | null {
  const body = fieldsOf(value);
  const id = text(body?.['id']);
  if (body === null || id === null) return null;
  const name = text(body['name']) ?? id;
  return { id, name, title: text(body['title']) ?? name, category: text(body['category']), live: parseLive(body['stream']) };
}

function parseLive(value: unknown): LiveStream | null {
  const live = fieldsOf(value);
  const id = text(live?.['id']);
  if (live === null || id === null) return null;
  const startedAt = Date.parse(text(live['started_at']) ?? '');
  const viewers = live['viewers'];
  return {
    id,
    state: text(live['state']) ?? 'live',
    interrupted: live['interrupted'] === true,
    startedAt: Number.isNaN(startedAt) ? Date.now() : startedAt,
    viewers: typeof viewers === 'number' ? viewers : 0,
  };
}

export function parseIngest(value: unknown): Ingest | null {
  const body = fieldsOf(value);
  if (body === null || typeof body['local'] !== 'boolean') return null;
  return { local: body['local'], rtmp: text(body['rtmp']), rtmps: text(body['rtmps']) };
}

export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null;
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
