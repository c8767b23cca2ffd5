/** Lines about failed scrapes in files. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { FAILURE_LOG_PENDING_MAX, FailureLogs } from '../../../src/collect/scrape/failurelog.ts'
import { World } from './world.ts'

test('a failed scrape is a JSON line in the file of its job', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-failures-'))
  const file = join(folder, 'failures.json')
  const world = await World.open()
  world.apply({ scrapeFailureLogFile: file })
  const target = `http://${world.address}/metrics`
  await world.scrape()
  await world.scrape()
  await world.close()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  assert.equal(lines.length, 2)
  assert.deepEqual(JSON.parse(lines[0]), {
    time: JSON.parse(lines[0]).time,
    level: 'ERROR',
    msg: 'server returned HTTP status 404 Not Found',
    job_name: 'test',
    target,
  })
  rmSync(folder, { recursive: true })
})

test('a file that cannot be written is told, and lines beyond the bound are counted', async () => {
  const warnings: string[] = []
  const logs = new FailureLogs({ ...silentLog, warn: (message) => warnings.push(message) })
  logs.write('/nowhere/at/all', { a: 'b' })
  await logs.settle()
  assert.deepEqual(warnings, ['cannot log failed scrapes'])
  const folder = mkdtempSync(join(tmpdir(), 'narthex-failures-'))
  const file = join(folder, 'failures.json')
  const long = 'x'.repeat(FAILURE_LOG_PENDING_MAX / 2)
  for (let i = 0; i < 6; i++) logs.write(file, { long })
  await logs.settle()
  const { length } = readFileSync(file, 'utf8').trimEnd().split('\n')
  assert.ok(length >= 2 && length < 6)
  rmSync(folder, { recursive: true })
})
