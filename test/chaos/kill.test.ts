/** kill -9 at random moments under load: no acknowledged sample is lost and every start succeeds. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../support/answers.ts'
import { startNarthex, temporaryFolder } from '../support/processes.ts'
import { seededRandom } from '../support/promql.ts'
import { type SentSeries, sendWrite } from '../support/remotewrite.ts'

const KILLS = process.env.NARTHEX_TEST_LONG === '1' ? 200 : 20
const SERIES = 200
const WRITERS = 4
const SEED = 4711

test(`C02: ${KILLS} times kill -9 under remote write loses no acknowledged sample`, async (t) => {
  const folder = temporaryFolder('kill')
  t.after(() => folder.remove())
  const random = seededRandom(SEED)
  const storage = join(folder.path, 'data')
  const config = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 1h}}\n'
  const firstMs = Date.now() - 600_000
  /** Values by writer: [time, value] of each acknowledged request. */
  const acknowledged: [number, number][][] = Array.from({ length: WRITERS }, () => [])
  let turn = 0

  for (let round = 0; round < KILLS; round++) {
    const server = await startNarthex({ config, storage })
    let running = true
    const writers = acknowledged.map(async (kept, writer) => {
      while (running) {
        const number = turn++
        const timeMs = firstMs + number
        const series: SentSeries[] = Array.from({ length: SERIES }, (_, i) => ({
          labels: { __name__: 'chaos', job: 'kill', instance: `w${writer}`, i: String(i) },
          samples: [[timeMs, number * 1000 + i]],
        }))
        const status = await sendWrite(server.url, series)
        if (status === 204 || status === 200) kept.push([timeMs, number])
        else if (status !== 0) assert.fail(`status ${status} under load`)
      }
    })
    await delay(100 + random() * 700)
    running = false
    await server.kill()
    await Promise.all(writers)
  }

  const server = await startNarthex({ config, storage })
  t.after(() => server.stop())
  let checked = 0
  for (const [writer, kept] of acknowledged.entries()) {
    assert.ok(kept.length > KILLS, 'every round acknowledged something')
    const got = await ask(server.url, '/api/v1/query', {
      query: `chaos{instance="w${writer}"}[30m]`,
      time: String((firstMs + turn + 1000) / 1000),
    })
    const result = got.data?.result as { metric: { i: string }; values: [number, string][] }[]
    assert.equal(result.length, SERIES)
    for (const { metric, values } of result) {
      const byTime = new Map(
        values.map(([time, value]) => [Math.round(time * 1000), Number(value)]),
      )
      for (const [timeMs, number] of kept) {
        assert.equal(
          byTime.get(timeMs),
          number * 1000 + Number(metric.i),
          `${metric.i} at ${timeMs}`,
        )
        checked++
      }
    }
  }
  t.diagnostic(`${checked} acknowledged samples were all there after ${KILLS} kills`)
})
