/** Which engine a server asks, and what is refused before anybody asks it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { Configuration } from '../../src/roles/configuration.ts'
import { upstreamOf } from '../../src/roles/upstream.ts'
import { ManualClock } from '../store/log/disk.ts'

/** A configuration with this section. */
function open(t: TestContext, upstream: string): Configuration {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-upstream-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'narthex.yml')
  writeFileSync(file, `narthex: {upstream: ${upstream}}`)
  const clock = new ManualClock()
  return new Configuration({ file, clock, log: silentLog, metrics: new Metrics() })
}

test('the flag wins over the configuration, which keeps its credentials', (t) => {
  const configuration = open(t, '{url: "http://a:1", basic_auth: {username: u, password: p}}')
  assert.equal(upstreamOf('', configuration)?.url, 'http://a:1')
  const asked = upstreamOf('https://b:2/prefix', configuration)
  assert.equal(asked?.url, 'https://b:2/prefix')
  assert.equal(asked?.http.basicAuth?.username, 'u')
})

for (const [flag, section, message] of [
  ['elsewhere', '', /^cannot use --query\.upstream: "elsewhere", wanted http:\/\/ or https:\/\//],
  ['ftp://u:secret@h', '', /^cannot use --query\.upstream: "ftp:\/\/u:xxxxx@h", wanted/],
  ['', '{url: "http://[zz]/"}', /^cannot use narthex\.upstream: "http:\/\/\[zz\]\/", wanted/],
] as const) {
  test(`what nobody can ask is refused: ${flag || section}`, (t) => {
    const configuration = open(t, section)
    assert.throws(() => upstreamOf(flag, configuration), { kind: 'bad_data', message })
  })
}
