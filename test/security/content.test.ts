/** C26, C28 and C39, the server's part: hostile text is data, secrets stay inside, names pollute nothing. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { NarthexError } from '../../src/base/error.ts'
import { Secret } from '../../src/base/secret.ts'
import { parseTimeMs } from '../../src/serve/api/params.ts'
import { serve } from '../net/server/support.ts'
import { allRoutes } from '../serve/ports.ts'
import { cpuMsOf } from '../support/cpu.ts'

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  'javascript:alert(1)',
  '</title><svg/onload=alert(1)>',
  '\u2028alert(1)\u2029',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '{{constructor.constructor("alert(1)")()}}',
  '\r\nSet-Cookie: a=b',
  '\u0000<script>',
]

const server = await serve({ routes: allRoutes() })
after(() => server.server.stop())

test('C26: hostile text comes back as JSON or plain text only, never as a page', async () => {
  for (const text of HOSTILE) {
    const encoded = encodeURIComponent(text)
    for (const path of [
      `/api/v1/query?query=${encoded}`,
      `/api/v1/query?query=up&time=${encoded}`,
      `/api/v1/format_query?query=${encoded}`,
      `/api/v1/parse_query?query=${encoded}`,
      `/api/v1/series?match[]=${encoded}`,
      `/api/v1/label/${encoded}/values`,
      `/api/v1/metadata?limit=${encoded}`,
      `/api/v1/rules?type=${encoded}`,
      '/api/v1/targets',
      '/api/v1/metadata',
      `/${encoded}`,
      `/${encoded}?${encoded}`,
    ]) {
      const answer = await server.ask(path, { headers: { accept: 'text/html,application/json' } })
      const type = answer.headers['content-type'] ?? ''
      assert.equal(answer.headers['x-content-type-options'], 'nosniff', path)
      assert.equal(answer.headers['set-cookie'], undefined, path)
      assert.match(answer.headers['content-security-policy'] ?? '', /default-src '(?:self|none)'/)
      if (type.startsWith('text/html')) {
        assert.doesNotMatch(answer.text, /alert/, `${path}: a page holds text of the request`)
      } else assert.match(type, /^(?:application\/json|text\/plain)/, path)
      if (path.startsWith('/api/')) JSON.parse(answer.text)
    }
  }
})

test('C26: a header value cannot break the reply', async () => {
  for (const value of ['a\u00e9', '<script>', '"', "'"]) {
    const headers = {
      accept: value,
      'accept-encoding': value,
      'if-none-match': value,
      origin: value,
    }
    assert.equal((await server.ask('/metrics', { headers })).status, 200)
  }
})

test('C28: secrets in headers, addresses and causes are in no answer and in no line of the log', async () => {
  const logged: string[] = []
  const say = (...words: unknown[]): void => void logged.push(inspect(words, { depth: 9 }))
  const log = { debug: say, info: say, warn: say, error: say }
  const secret = new Secret('CANARY-config')
  const users = [
    { name: 'alice', hash: new Secret(`$2y$04$${'C'.repeat(53)}`), role: 'admin' as const },
  ]
  const routes = allRoutes({
    configText: () => `basic_auth:\n  password: ${secret}\n`,
    flags: new Map([['web.config.file', String(secret)]]),
    querier: {
      query: () =>
        Promise.reject(new NarthexError('io', 'cannot reach peer', new Error('CANARY-cause'))),
      labels: () => Promise.reject(new Error('cannot do it', { cause: new Error('CANARY-cause') })),
    },
  })
  const password = `Basic ${Buffer.from('alice:CANARY-password').toString('base64')}`
  for (const web of [{}, { users }]) {
    await using guarded = await serve({ routes, web, log })
    for (const path of [
      '/api/v1/status/config',
      '/api/v1/status/flags',
      '/api/v1/query?query=1',
      '/api/v1/labels',
      '/-/ready',
      '/metrics',
      '/nothing',
    ]) {
      for (const authorization of [password, 'Bearer CANARY-token']) {
        const headers = { authorization, cookie: 'a=CANARY-cookie' }
        const answer = await guarded.ask(path, { headers })
        assert.doesNotMatch(answer.text, /CANARY|C{53}/, path)
        assert.doesNotMatch(JSON.stringify(answer.headers), /CANARY/, path)
      }
    }
  }
  assert.ok(logged.length > 0, 'the fault of ours was logged')
  assert.doesNotMatch(logged.join('\n'), /CANARY|Basic |C{53}/)
})

test('C39: names of the prototype are names like any other', async () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const form = `query=up&${name}=x&${name}[polluted]=1&match[]=${name}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const path of ['/api/v1/query', '/api/v1/series', '/api/v1/labels']) {
      assert.equal((await server.ask(path, { method: 'POST', headers, body: form })).status, 200)
    }
    assert.equal((await server.ask(`/api/v1/label/${name}/values`)).status, 200)
    assert.equal((await server.ask(`/${name}`)).status, 404)
    assert.equal((await server.ask(`/api/v1/${name}`)).status, 404)
    assert.equal((await server.ask('/metrics', { headers: { [name]: 'x' } })).status, 200)
  }
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})

test('C37: a time that is long and almost right is refused at once', () => {
  const tookMs = cpuMsOf(() => {
    for (const text of [
      `${'9'.repeat(10_000)}x`,
      `2026-01-01T00:00:00.${'9'.repeat(10_000)}`,
      '1e'.repeat(5000),
    ]) {
      assert.throws(() => parseTimeMs(text))
    }
  })
  assert.ok(tookMs < 50, `${tookMs} ms`)
})
