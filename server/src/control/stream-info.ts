// Stream records as the rest of the house reads them. Pure.

import type { StreamRecord } from './ports.ts';
import type { StreamInfo } from './stream-events.ts';

/** A stream that is not open in this process: its record is all there is. */
export const infoOfRecord = (record: StreamRecord): StreamInfo => ({
  id: record.id,
  channelId: record.channelId,
  state: record.state,
  protocol: record.protocol,
  title: record.title,
  startedAt: record.startedAt,
  liveAt: record.liveAt,
  endedAt: record.endedAt,
  endReason: record.endReason,
  interruptedAt: record.interruptedAt,
  resumeUntil: null,
  sessionId: null,
  health: [],
});
