// The public face of @headend/rtmp: the sans-IO cores. Drivers are in @headend/rtmp/node.

export type { AmfDate, AmfObject, AmfValue } from './amf-value.ts';
export { amfObject } from './amf-value.ts';
export { Amf0Reader, parseAmf0, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';
export { ChunkReader, type ChunkReaderOptions } from './chunk-reader.ts';
export { ChunkWriter } from './chunk-writer.ts';
export { type ClientCommand, type ClientEvent, ClientSession, type ClientSessionConfig } from './client-session.ts';
export { CapsEx, type ClientCapabilities, carriesFrame } from './enhanced.ts';
export type { HandshakeCrypto } from './handshake.ts';
export { defaultTimeouts, type SessionTimeouts } from './limits.ts';
export { MessageType, type RtmpMessage } from './message.ts';
export type { MediaEvent, MetadataEvent } from './publish-media.ts';
export { ServerSession } from './server-session.ts';
export type { PublishIntent, ServerCommand, ServerEvent, ServerSessionConfig } from './server-state.ts';
export type { CloseReason, Deadline, SessionInput, SessionOutput } from './session.ts';
export { RtmpTimeline, type TimelineStamp } from './timeline.ts';
