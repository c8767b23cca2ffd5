/** C13: queries of one line that were made to take all memory or time. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import type { Query } from '../../../src/model/querier.ts'
import { ENGINE_DEFAULTS } from '../../../src/query/engine/evaluate.ts'
import { startQueryHost } from '../../../src/query/host/host.ts'
import { QUERY_LIMITS } from '../../../src/query/host/limits.ts'
import { cpuMsUntil } from '../../support/cpu.ts'
import { MemoryQueryable } from './memory.ts'
import type { TestStore } from './testworker.ts'

const SHAPE = { seriesCount: 1_000, samplesPerSeries: 600, intervalMs: 15_000 }
const TO_MS = 9_000_000
const MEBIBYTE = 1 << 20
const MEMORY_BYTES_MAX = 32 * MEBIBYTE
/** What all of them together may add, worker thread included. */
const EXTRA_MEBIBYTES_MAX = 120
/** A refusal that the index alone decides. */
const AT_ONCE_MS = 500

const data: TestStore = { shape: SHAPE, mischief: 'none', seen: new SharedArrayBuffer(8) }
const metrics = new Metrics()
const host = startQueryHost({
  queryable: new MemoryQueryable(SHAPE),
  engine: ENGINE_DEFAULTS,
  limits: { ...QUERY_LIMITS, concurrencyMax: 1, memoryBytesMax: MEMORY_BYTES_MAX },
  workerFile: new URL('testworker.ts', import.meta.url),
  makeWorkerData: () => ({ data, transfer: [] }),
  metrics,
  log: silentLog,
})
after(() => host.stop())

const startMebibytes = process.resourceUsage().maxRSS / 1024

function instant(expr: string): Query {
  return { expr, fromMs: TO_MS, toMs: TO_MS }
}

function range(expr: string): Query {
  return { expr, fromMs: 0, toMs: TO_MS, stepMs: TO_MS / 10_000 }
}

function nested(count: number, wrap: (inner: string) => string): string {
  let expr = 'label_replace(m, "a", "xxxxxxxxxx", "i", ".*")'
  for (let i = 0; i < count; i++) expr = wrap(expr)
  return expr
}

const TWENTY = '$1'.repeat(20)
const COPIES = Array.from({ length: 20 }, () => '"a"').join()

for (const [name, query, refusal] of [
  ['a subquery of a year in milliseconds', instant('count_over_time(vector(1)[1y:1ms])'), /points/],
  ['the same in tenths of a second', instant('absent_over_time(vector(1)[1y:100ms])'), /points/],
  ['a mebibyte of parentheses', instant('('.repeat(MEBIBYTE)), /1048576 characters/],
  ['a step of a millisecond over ages', { ...range('m'), toMs: 2 ** 52, stepMs: 1 }, /resolution/],
  ['topk of everything at every step', range('topk(1e9, {__name__=~".+"})'), /max-memory/],
  ['everything at every step', range('m'), /max-memory/],
  [
    'subqueries of subqueries',
    instant('max_over_time(max_over_time(max_over_time(m[1d:1s])[1d:1s])[1d:1s])'),
    /max-memory/,
  ],
  ['every series against every other', range('m * on () group_left () m'), /max-memory/],
  ['a value as a label for every series and step', range('count_values("x", m)'), /max-memory/],
  [
    'labels that grow twentyfold twelve times',
    instant(nested(12, (inner) => `label_replace(${inner}, "a", "${TWENTY}", "a", "(.*)")`)),
    /characters/,
  ],
  [
    'joins that grow twentyfold twelve times',
    instant(nested(12, (inner) => `label_join(${inner}, "a", "", ${COPIES})`)),
    /characters/,
  ],
  ['nine hundred times everything', range(Array(900).fill('m').join(' + ')), /too many samples/],
  [
    'an hour’s window nine hundred times',
    range(Array(900).fill('rate(m[1h])').join(' or ')),
    /too many samples/,
  ],
  ['a range beyond all time', instant('rate(m[2^60])'), /out of range|at most|divisible/],
] as const) {
  test(`C13: ${name} is refused at once`, async () => {
    const tookMs = await cpuMsUntil(() =>
      assert.rejects(ask(query), (error) => {
        assert.ok(error instanceof NarthexError, String(error))
        assert.match(error.message, refusal)
        return true
      }),
    )
    assert.ok(tookMs < AT_ONCE_MS, `${tookMs} ms`)
  })
}

for (const [name, query] of [
  ['topk of more than there are', instant('topk(1e18, {__name__=~".+"})')],
  ['an offset of two hundred years', instant('m offset 200y')],
  ['a time far beyond', instant('rate(m[5m] @ 1e15)')],
  ['a window of a century at every step', range('sum(rate(m[100y]))')],
  ['a pattern that hangs others', instant('m{i=~"(.*)*(.*)*(a+)+$"}')],
] as const) {
  test(`C13: ${name} is answered`, async () => {
    const answer = await ask(query)
    assert.equal(JSON.parse(Buffer.from(answer.body).toString()).status, 'success')
  })
}

test('C13: after all of them the worker is alive and memory has hardly grown', async () => {
  await ask(range('sum(rate(m[5m]))'))
  assert.match(metrics.render(), /^narthex_query_worker_deaths_total 0$/m)
  const extra = process.resourceUsage().maxRSS / 1024 - startMebibytes
  assert.ok(extra < EXTRA_MEBIBYTES_MAX, `${extra} MiB`)
})

function ask(query: Query): ReturnType<typeof host.query> {
  return host.query(query, { timeoutMs: 20_000, signal: new AbortController().signal })
}
