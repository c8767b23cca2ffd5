/** How the pages are bundled: hashed names, nothing inline, so that `default-src 'self'` holds. */
import { join } from 'node:path'
import { defineConfig, type UserConfig } from 'vite'

const server = process.env.NARTHEX_API ?? 'http://127.0.0.1:9390'

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: {
      // The parser checks regular expressions by RE2, 40 KiB of it; in the browser the server does.
      re2js: join(import.meta.dirname, 'format/noregex.ts'),
    },
  },
  build: {
    outDir: '../dist/ui',
    emptyOutDir: true,
    target: 'es2024',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { host: '127.0.0.1', proxy: { '/api': server, '/-': server, '/metrics': server } },
})

export default config
