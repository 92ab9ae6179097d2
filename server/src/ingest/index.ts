// The front doors' public face.

export type { IngestProtocol, PolicyMode, PublishGate, PublishGrant, PublishPolicy } from './ports.ts';
export { Publishers } from './publishers.ts';
export { createRtmpIngest, type RtmpIngestDeps } from './rtmp-ingest.ts';
