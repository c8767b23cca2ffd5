/** C20: the wall clock jumps, or the machine sleeps; what counts durations does not notice. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { NarthexError } from '../../src/base/error.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { startDiscovery } from '../../src/collect/discover/discovery.ts'
import { NO_DISCOVERY } from '../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../src/config/http.ts'
import type { Query } from '../../src/model/querier.ts'
import { RequestRate } from '../../src/net/server/rate.ts'
import { handleInstant } from '../../src/serve/api/query.ts'
import { systemFiles } from '../../src/store/log/files.ts'
import { openWriteLog } from '../../src/store/log/log.ts'
import { Admission } from '../../src/store/metrics/admission.ts'
import { JumpingClock } from '../support/jumpingclock.ts'
import { temporaryFolder } from '../support/processes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const YEAR_MS = 8760 * HOUR_MS
const START_MS = 1_700_000_000_000
const RECORD = Buffer.from('a record')
const JUMPS = [-6 * HOUR_MS, 10 * MINUTE_MS, YEAR_MS, -2 * YEAR_MS] as const

test('the rate limit of requests neither opens nor closes with a jump', async () => {
  const clock = new JumpingClock(START_MS)
  const rate = new RequestRate({ intervalMs: 1000, burst: 2 }, clock)
  assert.equal(rate.take(), undefined)
  assert.equal(rate.take(), undefined)
  for (const jumpMs of JUMPS) {
    clock.jump(jumpMs)
    assert.equal(rate.take()?.status, 429)
    await clock.advance(1000)
    assert.equal(rate.take(), undefined)
  }
  await clock.sleep(9 * HOUR_MS)
  const taken = Array.from({ length: 5 }, () => rate.take() === undefined)
  assert.deepEqual(
    taken,
    [true, true, false, false, false],
    'a sleep saves up no more than a burst',
  )
})

test('the bound on new series a minute holds through jumps', async () => {
  const clock = new JumpingClock(START_MS)
  const admission = new Admission({ seriesMax: 100, newSeriesPerMinuteMax: 2, clock }, () => 60)
  const isAdmitted = (): boolean => {
    try {
      admission.admit()
      return true
    } catch (error) {
      assert.ok(error instanceof NarthexError && error.kind === 'share')
      return false
    }
  }
  for (const jumpMs of JUMPS) {
    assert.deepEqual([isAdmitted(), isAdmitted(), isAdmitted()], [true, true, false])
    clock.jump(jumpMs)
    assert.equal(isAdmitted(), false)
    await clock.advance(MINUTE_MS)
  }
})

test('discovery asks in its rhythm, and once after a sleep', async (t) => {
  const clock = new JumpingClock(START_MS)
  let asked = 0
  const discovery = startDiscovery({
    clock,
    log: silentLog,
    metrics: new Metrics(),
    allowLinkLocal: false,
    fetchBody: () => {
      asked++
      const body = Buffer.from('[{"targets":["a:1"]}]')
      return Promise.resolve({ status: 200, contentType: 'application/json', body })
    },
    onTargets: () => {},
  })
  t.after(() => discovery.stop())
  const http = [{ url: 'http://sd.example/', refreshIntervalMs: MINUTE_MS, http: PLAIN_HTTP }]
  discovery.apply([{ jobName: 'j', discovery: { ...NO_DISCOVERY, http } }])
  const askedIn = async (forMs: number): Promise<number> => {
    const before = asked
    await clock.advance(forMs)
    await settle()
    return asked - before
  }
  await settle()
  assert.equal(await askedIn(10 * MINUTE_MS), 10)
  for (const jumpMs of JUMPS) {
    clock.jump(jumpMs)
    assert.equal(await askedIn(10 * MINUTE_MS), 10)
  }
  const before = asked
  await clock.sleep(9 * HOUR_MS)
  await settle()
  assert.equal(asked - before, 1)
  assert.equal(await askedIn(10 * MINUTE_MS), 10)
})

test('the log syncs at its interval after a jump', async (t) => {
  const clock = new JumpingClock(START_MS)
  const folder = temporaryFolder('clock')
  t.after(() => folder.remove())
  let syncs = 0
  const files = {
    ...systemFiles,
    create(path: string) {
      const file = systemFiles.create(path)
      return {
        writeNow: (bytes: Uint8Array) => file.writeNow(bytes),
        write: (bytes: Uint8Array) => file.write(bytes),
        sync: () => {
          syncs++
          return Promise.resolve()
        },
        close: () => file.close(),
      }
    },
  }
  const log = openWriteLog({
    dir: join(folder.path, 'wal'),
    files,
    clock,
    log: silentLog,
    metrics: new Metrics(),
    syncIntervalMs: 1000,
    segmentBytesMax: 1_000_000,
  })
  t.after(() => log.stop())
  log.replay(0, () => {})
  for (const jumpMs of [0, ...JUMPS]) {
    const before = syncs
    log.append(RECORD, 0, RECORD.length)
    await log.commit()
    clock.jump(jumpMs)
    await clock.advance(999)
    assert.equal(syncs, before)
    await clock.advance(1)
    assert.equal(syncs, before + 1)
    await clock.sleep(5000)
  }
})

test('a query without a time is for now, whatever now has become', async () => {
  const clock = new JumpingClock(START_MS)
  const asked: Query[] = []
  const deps = {
    querier: {
      query(query: Query) {
        asked.push(query)
        return Promise.resolve({ body: new Uint8Array() })
      },
      labels: () => Promise.reject(new Error('not asked')),
    },
    clock,
    timeoutMs: 1000,
    timeoutMsMax: 1000,
    pointsMax: 11_000,
  }
  const params = new URLSearchParams({ query: 'up' })
  for (const jumpMs of JUMPS) {
    clock.jump(jumpMs)
    await handleInstant({ params, signal: new AbortController().signal }, deps)
    assert.deepEqual([asked.at(-1)?.fromMs, asked.at(-1)?.toMs], [clock.now(), clock.now()])
  }
})
