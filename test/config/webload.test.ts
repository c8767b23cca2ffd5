/** The web configuration: what it may say, what is refused with its place, what stays hidden. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import type { WebConfig } from '../../src/config/web.ts'
import { loadWebConfig } from '../../src/config/webload.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'narthex-web-'))
})
after(() => rmSync(dir, { recursive: true }))

function load(text: string): WebConfig {
  const file = path.join(dir, 'web.yml')
  writeFileSync(file, text)
  return loadWebConfig(file)
}

const BCRYPT = `$2y$10$${'a'.repeat(53)}`
const DIGEST = createHash('sha256').update('token').digest('hex')

test('an empty web configuration asks nobody and has no TLS', () => {
  for (const text of ['', 'tls_server_config: {}\nbasic_auth_users:\n']) {
    const config = load(text)
    assert.equal(config.tls, undefined)
    assert.deepEqual([config.users, config.tokens, config.headers], [[], [], []])
    assert.equal(config.path, path.join(dir, 'web.yml'))
  }
})

test('a full web configuration is read with paths beside the file and names of OpenSSL', () => {
  const config = load(`
tls_server_config:
  cert_file: server.crt
  key_file: /etc/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [ops]
  min_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_RSA_WITH_AES_256_CBC_SHA]
  curve_preferences: [CurveP256, X25519]
http_server_config: {http2: false, headers: {X-Frame-Options: deny}}
basic_auth_users: {alice: '${BCRYPT}', bob: '${BCRYPT}'}
rate_limit: {interval: 1s, burst: 20}
narthex:
  roles: {bob: viewer}
  tokens: [{name: ci, role: editor, sha256: ${DIGEST.toUpperCase()}}]
`)
  assert.equal(config.tls?.certFile, path.join(dir, 'server.crt'))
  assert.equal(config.tls?.keyFile, '/etc/server.key')
  assert.deepEqual([config.tls?.versionMin, config.tls?.versionMax], ['TLSv1.3', 'TLSv1.3'])
  assert.deepEqual(config.tls?.cipherSuites, [
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'AES256-SHA',
  ])
  assert.deepEqual(config.tls?.curves, ['prime256v1', 'X25519'])
  assert.deepEqual([config.http2, config.headers], [false, [['X-Frame-Options', 'deny']]])
  assert.deepEqual(
    config.users.map((user) => [user.name, user.role, user.hash.reveal()]),
    [
      ['alice', 'admin', BCRYPT],
      ['bob', 'viewer', BCRYPT],
    ],
  )
  assert.deepEqual(config.tokens, [{ name: 'ci', sha256: DIGEST, role: 'editor' }])
  assert.deepEqual(config.rateLimit, { intervalMs: 1000, burst: 20 })
  assert.doesNotMatch(JSON.stringify(config), /aaaa/)
})

for (const [name, text, wanted] of [
  ['an unknown key', 'basic_auth_user: {}', 'web.yml:1:1: field basic_auth_user not found'],
  ['a certificate without a key', 'tls_server_config: {cert_file: a}', 'missing one of key or'],
  ['a key without a certificate', 'tls_server_config: {key_file: a}', 'missing one of cert or'],
  [
    'a client CA without a policy',
    'tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}',
    "client CA's have been configured without a Client Auth Policy",
  ],
  [
    'a policy without a client CA',
    'tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert}',
    'needs a client CA',
  ],
  [
    'an unknown cipher',
    'tls_server_config: {cert_file: a, key_file: b, cipher_suites: [TLS_NONE]}',
    'unknown cipher: TLS_NONE',
  ],
  [
    'versions the wrong way round',
    'tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}',
    'max_version below min_version',
  ],
  ['a clear password', 'basic_auth_users: {a: hunter2}', 'user "a" is not a bcrypt or scrypt hash'],
  ['a user without a hash', 'basic_auth_users: {a: }', 'user "a" is not a bcrypt or scrypt hash'],
  [
    'another header',
    'http_server_config: {headers: {X-Mine: 1}}',
    '"X-Mine" can not be configured',
  ],
  ['a clear token', 'narthex: {tokens: [{name: a, role: admin, sha256: x}]}', '64 hexadecimal'],
  [
    'an unknown role',
    `narthex: {tokens: [{name: a, role: root, sha256: ${DIGEST}}]}`,
    'unknown role',
  ],
  ['a token without a role', `narthex: {tokens: [{name: a, sha256: ${DIGEST}}]}`, 'without a role'],
  ['a role for a stranger', 'narthex: {roles: {eve: admin}}', 'who is not in basic_auth_users'],
  ['a rate without a burst', 'rate_limit: {interval: 1s}', 'burst below 1'],
] as const) {
  test(`the web configuration refuses ${name}`, () => {
    assert.throws(
      () => load(text),
      (e) =>
        e instanceof NarthexError &&
        e.kind === 'bad_data' &&
        e.message.includes(wanted) &&
        !e.message.includes('hunter2'),
    )
  })
}
