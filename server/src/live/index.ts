// The live hub's public face.

export type { LiveEvent } from './events.ts';
export { type HubListener, LiveHub } from './hub.ts';
export { Source } from './source.ts';
export type { Subscription, SubscriptionLimits, SubscriptionListener } from './subscription.ts';
