// The channel, asked again and again while the page is visible: every 2 s while a viewer waits, slower on air and on failure.

import { PlaybackError } from '@headend/player';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { fetchChannel } from '../api.ts';
import type { Channel } from '../api-shapes.ts';
import { takeEarlyChannel } from '../early.ts';
import { pollDelayMs } from './poll.ts';

export type ChannelView = {
  readonly channel: Channel | undefined;
  /** Epoch milliseconds of the last answer. */
  readonly askedAt: number;
  readonly error: PlaybackError | null;
  /** Epoch milliseconds of the next try after an error. */
  readonly retryAt: number;
  readonly askNow: () => void;
};

export function useChannel(id: string): ChannelView {
  const failures = useRef(0);
  const delay = useRef(0);
  const query = useQuery({
    queryKey: ['channel', id],
    queryFn: async ({ signal }) => {
      try {
        const channel = await (takeEarlyChannel(id) ?? fetchChannel(id, signal));
        failures.current = 0;
        delay.current = pollDelayMs(channel, 0, Math.random());
        return channel;
      } catch (error) {
        failures.current += 1;
        delay.current = pollDelayMs(undefined, failures.current, Math.random());
        throw error;
      }
    },
    refetchInterval: () => delay.current || false,
  });
  const { refetch } = query;
  return {
    channel: query.data,
    askedAt: query.dataUpdatedAt,
    error: query.error === null ? null : asPlaybackError(query.error),
    retryAt: query.errorUpdatedAt + delay.current,
    askNow: useCallback(() => void refetch({ cancelRefetch: false }), [refetch]),
  };
}

function asPlaybackError(error: Error): PlaybackError {
  return error instanceof PlaybackError ? error : new PlaybackError('page_failed', 0, error.message, { cause: error });
}
