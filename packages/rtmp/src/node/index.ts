// The Node drivers of @headend/rtmp.

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
