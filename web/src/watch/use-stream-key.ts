// The stream key, fetched with the administrator secret. The secret lives in this tab's session storage only, and never in a log or URL.

import { PlaybackError } from '@headend/player';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchStreamKey } from '../api.ts';

const STORAGE = 'headend-admin-secret';

export type KeyAccess = {
  readonly streamKey: string | null;
  readonly checking: boolean;
  /** Refused by the server; null when nothing was tried or it worked. */
  readonly error: PlaybackError | null;
  readonly unlock: (secret: string) => void;
  readonly forget: () => void;
};

export function useStreamKey(channelId: string): KeyAccess {
  const queries = useQueryClient();
  const [secret, setSecret] = useState(readSecret);
  const query = useQuery({
    queryKey: ['stream-key', channelId, secret],
    queryFn: () => fetchStreamKey(channelId, secret ?? ''),
    enabled: secret !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const error = query.error;
  return {
    streamKey: query.data ?? null,
    checking: query.isFetching,
    error: error === null ? null : error instanceof PlaybackError ? error : new PlaybackError('page_failed', 0, error.message),
    unlock: (typed) => {
      const trimmed = typed.trim();
      writeSecret(trimmed);
      if (trimmed === secret) void query.refetch();
      else setSecret(trimmed);
    },
    forget: () => {
      writeSecret(null);
      setSecret(null);
      queries.removeQueries({ queryKey: ['stream-key'] });
    },
  };
}

function readSecret(): string | null {
  try {
    return sessionStorage.getItem(STORAGE);
  } catch {
    return null;
  }
}

function writeSecret(secret: string | null): void {
  try {
    if (secret === null) sessionStorage.removeItem(STORAGE);
    else sessionStorage.setItem(STORAGE, secret);
  } catch {
    // Storage refused: the secret lasts for this page.
  }
}
