// The addresses of the site. Pure.

export type Route = { readonly page: 'watch'; readonly channelId: string } | { readonly page: 'not-found' };

/** The channel that `/` shows. */
const HOME_CHANNEL = 'main';
const WATCH = /^\/watch\/([^/]+)\/?$/;

export function parseRoute(pathname: string): Route {
  if (pathname === '/' || pathname === '/index.html') return { page: 'watch', channelId: HOME_CHANNEL };
  const encoded = WATCH.exec(pathname)?.[1];
  if (encoded === undefined) return { page: 'not-found' };
  try {
    return { page: 'watch', channelId: decodeURIComponent(encoded) };
  } catch {
    return { page: 'not-found' };
  }
}
