import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/static/graphiql/',
  resolve: {
    // Its dialogs would stop the page from scrolling by a <style> element, which the page's policy refuses, and which
    // this page, being as high as the window, does not need.
    alias: { 'react-style-singleton': fileURLToPath(new URL('src/no-style.js', import.meta.url)) },
  },
  // GraphiQL is a megabyte, loaded once and cached for good: the warning about it says nothing.
  build: { target: 'es2022', chunkSizeWarningLimit: 2000 },
});
