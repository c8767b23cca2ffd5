/** Which requests go through which proxy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../../src/base/secret.ts'
import { NO_PROXY } from '../../../src/config/http.ts'
import { isLoopback, proxyFor } from '../../../src/net/client/proxy.ts'

const PROXY = new Secret('http://proxy.test:3128')

for (const [url, noProxy, isDirect] of [
  ['http://a.test/', '', false],
  ['http://a.test/', 'a.test', true],
  ['http://sub.a.test/', 'a.test', true],
  ['http://suba.test/', 'a.test', false],
  ['http://sub.a.test/', '.a.test', true],
  ['http://a.test/', '.a.test', false],
  ['http://a.test/', 'b.test, A.TEST', true],
  ['http://a.test/', '*', true],
  ['http://a.test:81/', 'a.test:81', true],
  ['http://a.test:82/', 'a.test:81', false],
  ['http://10.1.2.3/', '10.0.0.0/8', true],
  ['http://11.1.2.3/', '10.0.0.0/8', false],
  ['http://11.1.2.3/', '0.0.0.0/0', true],
  ['http://[::1]/', '::1', true],
] as const) {
  test(`${url} with no_proxy "${noProxy}" goes ${isDirect ? 'directly' : 'through the proxy'}`, () => {
    const proxy = proxyFor(new URL(url), { ...NO_PROXY, url: PROXY, noProxy }, {})
    assert.equal(proxy === undefined, isDirect)
  })
}

test('the environment decides by scheme, only when asked, and never for loopback', () => {
  const environment = {
    HTTP_PROXY: 'plain.test:1',
    https_proxy: 'http://tls.test:2',
    NO_PROXY: 'x.test',
  }
  const config = { ...NO_PROXY, fromEnvironment: true }
  const of = (url: string): string | undefined => proxyFor(new URL(url), config, environment)?.host
  assert.equal(of('http://a.test/'), 'plain.test:1')
  assert.equal(of('https://a.test/'), 'tls.test:2')
  assert.equal(of('http://x.test/'), undefined)
  assert.equal(of('http://127.0.0.1/'), undefined)
  assert.equal(proxyFor(new URL('http://a.test/'), NO_PROXY, environment), undefined)
})

test('loopback is this machine by name or address, and nothing else', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']) assert.ok(isLoopback(host))
  for (const host of ['127.0.0.1.evil.test', '10.0.0.1', '[::2]']) assert.ok(!isLoopback(host))
})
