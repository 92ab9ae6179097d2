// What starts before the page is drawn: the channel, then the picture itself, beside the chunks of the page and the player library.
// A stream that is on air gets its player at once; the page takes it over when it has drawn its place.

import { fetchPlayback, type HeadendPlayer, loadHlsLibrary, PLAYER_TAG, type PlaybackSource } from '@headend/player';
import { fetchChannel } from './api.ts';
import type { Channel } from './api-shapes.ts';
import type { Route } from './route.ts';

const channels = new Map<string, Promise<Channel>>();
const players = new Map<string, HeadendPlayer>();

export function startEarly(route: Route): void {
  if (route.page !== 'watch') return;
  loadHlsLibrary().catch(ignore);
  const channel = fetchChannel(route.channelId);
  channels.set(route.channelId, channel);
  channel.then((answer) => {
    const { live } = answer;
    if (live === null || live.state === 'starting') return;
    players.set(live.id, createPlayer(sourceOf(live.id, answer)));
  }, ignore);
}

/** Each early answer is used once; later calls ask again. */
export function takeEarlyChannel(id: string): Promise<Channel> | null {
  const channel = channels.get(id) ?? null;
  channels.delete(id);
  return channel;
}

/** The player that already loads this stream, or a new one. */
export function takePlayer(source: PlaybackSource): HeadendPlayer {
  const early = players.get(source.streamId);
  players.delete(source.streamId);
  return early ?? createPlayer(source);
}

export function sourceOf(streamId: string, channel: Pick<Channel, 'title' | 'name'>): PlaybackSource {
  return { streamId, title: channel.title, artist: channel.name, getPlayback: (signal) => fetchPlayback('', streamId, signal) };
}

function createPlayer(source: PlaybackSource): HeadendPlayer {
  const player = document.createElement(PLAYER_TAG);
  player.toggleAttribute('hotkeys', true);
  player.toggleAttribute('has-theatre', true);
  player.source = source;
  return player;
}

/** Whoever takes the early answer sees its failure, too; here it only must not count as unhandled. */
function ignore(): void {
  // See above.
}
