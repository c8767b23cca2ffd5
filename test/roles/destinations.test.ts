/** Destinations as roles open them: what is wrong with their files is told before the first write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { readConfig } from '../../src/config/config.ts'
import { type AnyDestination, openWriter, type WriterDeps } from '../../src/roles/destinations.ts'
import { NO_METADATA } from '../../src/roles/metadata.ts'

const DEPS: WriterDeps = {
  clock: systemClock,
  log: silentLog,
  metrics: new Metrics(),
  metadata: NO_METADATA,
  frames: () => {
    throw new Error('no frames are made here')
  },
  environment: {},
}
const VIEW = { labels: () => [], targetKey: () => '' }

function destinations(text: string): readonly AnyDestination[] {
  const { config } = readConfig(text, '', {})
  assert.ok(config !== undefined)
  return [...config.remoteWrite, ...config.narthex.destinations]
}

for (const [what, text] of [
  [
    'remote write',
    'remote_write: [{name: d, url: "https://h/w", tls_config: {ca_file: /none.pem}}]',
  ],
  [
    'a token of OAuth 2',
    'remote_write: [{name: d, url: "https://h/w", oauth2: {client_id: a, token_url: "https://t", tls_config: {ca_file: /none.pem}}}]',
  ],
  [
    'a gateway',
    'narthex: {destinations: [{name: d, type: gateway, addresses: ["h:1"], tls_config: {ca_file: /none.pem}}]}',
  ],
]) {
  test(`${what} with a certificate that is not there is not opened`, async () => {
    const [config] = destinations(text)
    await assert.rejects(openWriter(config, VIEW, DEPS), {
      kind: 'bad_data',
      message: /^destination d: cannot read TLS file \/none\.pem: ENOENT/,
    })
  })
}
