// The site's build: hashed assets, no inline script or style, hls.js as a chunk of its own.

import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a development server (`npx vite`) finds the API and the media. */
const BACKEND = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), tailwindcss()],
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
