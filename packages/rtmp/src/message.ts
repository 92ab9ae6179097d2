// What a message is, and the numbers of Adobe RTMP 1.0 sections 5.4, 6.2 and 7.1: message types and user control events.

export type RtmpMessage = {
  /** Chunk stream it came or goes on. */
  readonly csid: number;
  readonly type: number;
  /** Milliseconds, modulo 2^32. */
  readonly timestamp: number;
  /** Message stream: 0 for the connection, else what createStream answered. */
  readonly msid: number;
  readonly body: Uint8Array;
};

export const MessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  dataAmf0: 18,
  sharedObjectAmf0: 19,
  commandAmf0: 20,
  aggregate: 22,
} as const;

export const UserControlEvent = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;
