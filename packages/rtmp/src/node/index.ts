// The Node drivers of @headend/rtmp.

export { connectRtmp, type ReconnectRequest, type RtmpConnectOptions, RtmpPublishError, type RtmpPublisher } from './connect.ts';
export { DEFAULT_MAX_CONNECTIONS, listenRtmp } from './listen.ts';
export type {
  MediaMessage,
  PublishControl,
  Publisher,
  PublishRequest,
  RtmpListener,
  RtmpListenOptions,
  SessionEnd,
} from './types.ts';
