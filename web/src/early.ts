// Requests that start before the page is drawn: channel, then playback ticket, beside the chunks of page and player library.
// Each early answer is used once; later calls ask again.

import { fetchPlayback, loadHlsLibrary, type PlaybackTicket } from '@headend/player';
import { fetchChannel } from './api.ts';
import type { Channel } from './api-shapes.ts';
import type { Route } from './route.ts';

const channels = new Map<string, Promise<Channel>>();
const tickets = new Map<string, Promise<PlaybackTicket>>();

export function startEarly(route: Route): void {
  if (route.page !== 'watch') return;
  loadHlsLibrary().catch(ignore);
  const channel = fetchChannel(route.channelId);
  channels.set(route.channelId, channel);
  channel.then(({ live }) => {
    if (live === null || live.state === 'starting') return;
    const ticket = fetchPlayback('', live.id, new AbortController().signal);
    ticket.catch(ignore);
    tickets.set(live.id, ticket);
  }, ignore);
}

export function takeEarlyChannel(id: string): Promise<Channel> | null {
  const channel = channels.get(id) ?? null;
  channels.delete(id);
  return channel;
}

export function takeEarlyTicket(streamId: string): Promise<PlaybackTicket> | null {
  const ticket = tickets.get(streamId) ?? null;
  tickets.delete(streamId);
  return ticket;
}

/** Whoever takes the early answer sees its failure, too; here it only must not count as unhandled. */
function ignore(): void {
  // See above.
}
