/** The running configuration: what a reload does where there is no file, and where the file is bad. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { type Config, defaultConfig } from '../../src/config/config.ts'
import { Configuration } from '../../src/roles/configuration.ts'
import { ManualClock } from '../store/log/disk.ts'

function open(file: string): { configuration: Configuration; applied: Config[] } {
  const metrics = new Metrics()
  const clock = new ManualClock()
  const configuration = new Configuration({ file, clock, log: silentLog, metrics })
  const applied: Config[] = []
  configuration.follow((config) => void applied.push(config))
  return { configuration, applied }
}

test('without a file a reload keeps what runs, and those with files of their own read them again', async () => {
  const { configuration, applied } = open('')
  const unconfigured = defaultConfig()
  await configuration.start(() => unconfigured)
  await configuration.reload()
  assert.ok(configuration.reloadSucceeded)
  assert.equal(applied.length, 2)
  assert.ok(applied.every((config) => config === unconfigured))
})

test('what was read stays when the file goes bad, and the refusal says why', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-configuration-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'narthex.yml')
  writeFileSync(file, 'scrape_configs: [{job_name: a}]')
  const { configuration, applied } = open(file)
  await configuration.start(defaultConfig)
  writeFileSync(file, 'remote_write: [{}]')
  await assert.rejects(configuration.reload(), /narthex\.yml:1:16: url for remote_write is empty/)
  assert.equal(configuration.reloadSucceeded, false)
  assert.deepEqual(
    configuration.current.scrape.map((one) => one.jobName),
    ['a'],
  )
  assert.equal(applied.length, 1)
})

for (const [what, name, seen] of [
  ['that is not there', 'none.yml', 'there is no such file'],
  ['that is a folder', '.', 'it is a folder, wanted a file'],
] as const) {
  test(`a file ${what} is refused in words`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'narthex-configuration-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, name)
    assert.throws(() => open(file), { message: `cannot load ${file}: ${seen}` })
  })
}
