/** What damaged logs and random retentions may do to the content: take away, never make up. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../support/promql.ts'
import { makeFolder, openTestStore, samplesOf, TestClock } from './support.ts'

const ALL = [{ name: '__name__', op: '=~', value: '.+' }] as const
const MUTANTS = process.env.NARTHEX_TEST_LONG === '1' ? 10_000 : 300
const HOUR_MS = 3_600_000
const WINDOW_MS = 2 * HOUR_MS

test(`C06: what ${MUTANTS} damaged logs bring back was written, to the bit`, async (t) => {
  const original = makeFolder()
  const { store, clock } = await openTestStore(t, { path: original })
  const outcomes = new Uint8Array(12)
  const together = Float64Array.from({ length: 12 }, (_, i) =>
    store.appender.series(['__name__', `row${i}`, 'instance', 'rows', 'job', 'x']),
  )
  for (let row = 0; row < 60; row++) {
    const ids = Float64Array.from({ length: 8 }, (_, i) =>
      store.appender.series([
        '__name__',
        `m${i}`,
        'instance',
        `i${(i + (row >> 4)) % 3}`,
        'job',
        'x',
      ]),
    )
    const values = Float64Array.from(ids, (_, i) => Math.sin(row * 8 + i))
    store.appender.append(row * 1000, ids, values, 8, outcomes)
    const valuesTogether = together.map((_, i) => Math.cos(row * 12 + i))
    store.appender.append(row * 1000 + 500, together, valuesTogether, 12, outcomes)
    await store.appender.commit()
  }
  const written = samplesOf(store, ALL)
  await store.stop()

  const random = seededRandom(6)
  const copy = join(makeFolder(), 'copy')
  let damaged = 0
  for (let mutant = 0; mutant < MUTANTS; mutant++) {
    rmSync(copy, { recursive: true, force: true })
    cpSync(original, copy, { recursive: true })
    const logs = readdirSync(join(copy, 'wal')).filter((name) => name.endsWith('.log'))
    const file = join(copy, 'wal', logs[Math.floor(random() * logs.length)])
    const bytes = readFileSync(file)
    const at = Math.floor(random() * bytes.length)
    bytes[at] ^= 1 << Math.floor(random() * 8)
    writeFileSync(file, random() < 0.2 ? bytes.subarray(0, at) : bytes)

    const { store: again } = await openTestStore(t, { path: copy, clock })
    const found = samplesOf(again, ALL)
    let count = 0
    for (const [series, samples] of Object.entries(found)) {
      const truth = new Map(written[series] ?? [])
      for (const [timeMs, value] of samples) {
        assert.equal(value, truth.get(timeMs), `mutant ${mutant}: ${series} at ${timeMs}`)
        count++
      }
    }
    if (count < 60 * 20) damaged++
    await again.stop()
  }
  assert.ok(damaged > MUTANTS / 4, `${damaged} mutants lost something, so the damage was real`)
})

test('C12: the oldest sample is never older than the retention and one window', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 60_000, max: 900_000 }),
      async (retentionHours, stepMs) => {
        const retentionMs = retentionHours * HOUR_MS
        const clock = new TestClock()
        const { store } = await openTestStore(t, { retentionMs, clock })
        const id = store.appender.series(['__name__', 'm', 'instance', 'i', 'job', 'x'])
        const ids = Float64Array.of(id)
        const outcomes = new Uint8Array(1)
        const rows = Math.ceil((2 * retentionMs) / stepMs)
        for (let row = 0; row < rows; row++) {
          store.appender.append(row * stepMs, ids, Float64Array.of(row), 1, outcomes)
          if (row % 200 === 0) await store.appender.commit()
        }
        for (let round = 0; round < 30; round++) {
          clock.advance(60_000)
          await store.upkeep()
        }
        const [samples] = Object.values(samplesOf(store, ALL))
        const newestMs = samples[samples.length - 1][0]
        assert.equal(newestMs, (rows - 1) * stepMs)
        assert.ok(newestMs - samples[0][0] <= retentionMs + WINDOW_MS, `${samples[0][0]}`)
        assert.ok(newestMs - samples[0][0] >= retentionMs - stepMs, 'nothing went too early')
        await store.stop()
      },
    ),
    { seed: 12, numRuns: 8 },
  )
})
