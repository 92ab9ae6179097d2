// The site's build: hashed assets, no inline script or style, hls.js as a chunk of its own.

import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where a development server (`npx vite`) finds the API and the media. */
const BACKEND = 'http://127.0.0.1:8080';

/** The entry imports the page and hls.js dynamically; naming them in the document saves the round trip that finds that out. */
function preloadDynamicChunks(): Plugin {
  return {
    name: 'headend:preload-dynamic-chunks',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => {
        const chunks = Object.values(bundle ?? {}).filter((output) => output.type === 'chunk');
        const wanted = chunks.filter((chunk) => chunk.isEntry).flatMap((chunk) => chunk.dynamicImports);
        return wanted.map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: '', href: `/${file}` },
          injectTo: 'head',
        }));
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), preloadDynamicChunks()],
  build: {
    outDir: 'dist',
    target: 'es2022',
    // Nothing becomes a data: URL, so that `font-src 'self'` and `img-src 'self'` hold.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // hls.js alone is larger than Vite's default warning; it loads beside the page, not before it.
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': BACKEND, '/p': BACKEND } },
});
