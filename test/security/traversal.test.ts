/** C32 and C33: no path leads to a file that was not built, and nobody is sent elsewhere. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openPages } from '../../src/serve/pages.ts'
import { serve } from '../net/server/support.ts'
import { allRoutes } from '../serve/ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'narthex-traversal-'))
after(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'ui/assets'), { recursive: true })
writeFileSync(join(folder, 'ui/index.html'), '<title>narthex</title>')
writeFileSync(join(folder, 'ui/assets/main.js'), 'asset')
writeFileSync(join(folder, 'CANARY.txt'), 'CANARY')
const server = await serve({
  routes: [...openPages(join(folder, 'ui'), 'up'), ...allRoutes()],
})
after(() => server.server.stop())

const UPS = [
  '..',
  '%2e%2e',
  '.%2e',
  '%252e%252e',
  '..%00',
  '..;',
  '%c0%ae%c0%ae',
  '%uff0e%uff0e',
  '....',
]
const SLASHES = ['/', '%2f', '%5c', '//', '/./', '%252f']
const PREFIXES = ['', '/assets', '/query', '/api/v1/label']

const corpus = PREFIXES.flatMap((prefix) =>
  UPS.flatMap((up) =>
    SLASHES.flatMap((slash) => [
      `${prefix}/${up}${slash}CANARY.txt`,
      `${prefix}/${up}${slash}${up}${slash}${up}${slash}etc/passwd`,
    ]),
  ),
)
const more = [
  '/CANARY.txt',
  '/assets/',
  '/assets',
  '/assets/main.js/',
  '/assets/main.js%00.html',
  '/assets//main.js',
  '/./assets/main.js',
  '/ASSETS/main.js',
  '/package.json',
  '/.git/config',
  '/proc/self/environ',
  '/file:///etc/passwd',
  '/C:%5cwindows%5cwin.ini',
]

test(`C32: ${corpus.length + more.length} paths lead to nothing`, async () => {
  for (const path of [...corpus, ...more]) {
    const { status, text } = await server.ask(path)
    // One segment below /api/v1/label that is followed by /values would be a label; none is.
    assert.ok(status === 404 || status === 400, `${path}: ${status}`)
    assert.doesNotMatch(text, /CANARY|root:/, path)
  }
  assert.equal((await server.ask('/assets/main.js')).text, 'asset')
})

test('C33: nothing redirects, whatever the path or a parameter asks for', async () => {
  const places = ['//evil.example', 'https://evil.example', '/\\evil.example', '///evil.example/..']
  for (const place of places) {
    const encoded = encodeURIComponent(place)
    const paths = [
      place,
      `/${encoded}`,
      `/new${place}`,
      `/query?redirect=${encoded}`,
      `/graph?next=${encoded}`,
      `/?url=${encoded}`,
      `/api/v1/query?query=1&returnTo=${encoded}`,
    ]
    for (const path of paths) {
      const answer = await server.ask(path.startsWith('/') ? path : `/${path}`)
      assert.equal(answer.headers.location, undefined, path)
      assert.ok(answer.status < 300 || answer.status >= 400, path)
    }
  }
})

test('C33: a target in absolute form is refused', async () => {
  const head = 'Host: localhost\r\nConnection: close\r\n\r\n'
  for (const target of ['http://evil.example/', '//evil.example/query', '*', 'localhost:80']) {
    assert.match(await server.raw(`GET ${target} HTTP/1.1\r\n${head}`), /^HTTP\/1\.1 4\d\d/, target)
  }
})
