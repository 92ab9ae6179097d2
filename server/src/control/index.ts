// The public face of control/: streams, channels, keys, tokens, bootstrap and the REST API.

export type { Api, ApiDeps } from './api/context.ts';
export { createApi, routeToApi } from './api/create-api.ts';
export type { Listeners } from './api/locality.ts';
export type { Bootstrap, BootstrapUrls, FirstStart } from './bootstrap.ts';
export type { Channel, ChannelPatch, Channels } from './channels.ts';
export { type Control, type ControlDeps, createControl } from './control.ts';
export { type DataFolder, openDataFolder } from './data-folder.ts';
export type { IdKind, Ids } from './ids.ts';
export type { PlaybackTokenAuthority } from './playback-token.ts';
export type { Clock, ControlStore, RenditionRecord } from './ports.ts';
export type { Check, Readiness } from './readiness.ts';
export type { HealthWarning, StreamEvent, StreamInfo, StreamListener } from './stream-events.ts';
export type { Opened, StreamService } from './stream-service.ts';
export type { EndReason } from './stream-state.ts';
