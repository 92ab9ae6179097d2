// Mounts the page.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { NotFoundPage } from './not-found-page.tsx';
import type { Route } from './route.ts';
import { SiteHeader } from './site-header.tsx';
import { WatchPage } from './watch/watch-page.tsx';

const queries = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: true } } });

export function mount(route: Route): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no #root');
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <SiteHeader />
        {route.page === 'watch' ? <WatchPage channelId={route.channelId} /> : <NotFoundPage />}
      </QueryClientProvider>
    </StrictMode>,
  );
}
