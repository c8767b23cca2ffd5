/** The Elasticsearch writer before a receiver that is as strict as the real one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Parcel } from '../../../src/send/parcel.ts'
import type { SeriesView } from '../../../src/send/writer.ts'
import { startHttpGate } from '../../support/httpgate.ts'
import { type Simulated, type SimulatedReply, startSimulated } from '../../support/simulated.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

const NEVER = new AbortController().signal

interface Action {
  readonly create: { readonly _index: string; readonly _id: string }
}

interface Source {
  readonly '@timestamp': number
  readonly value: number
  readonly metric: string
  readonly labels: Record<string, string>
}

/** Documents by index and id. */
type Documents = Map<string, Source>

/** What becomes of a document before it is kept; 0: it is. */
type Judge = (source: Source) => readonly [status: number, type: string] | undefined

async function startElastic(
  documents: Documents,
  judge: Judge = () => undefined,
): Promise<Simulated> {
  return await startSimulated(({ method, url, headers, body }): SimulatedReply => {
    assert.equal(method, 'POST')
    assert.equal(url.pathname, '/_bulk')
    assert.equal(headers['content-type'], 'application/x-ndjson')
    assert.equal(headers.authorization, 'ApiKey a2V5')
    const lines = body.toString().split('\n')
    assert.equal(lines.pop(), '', 'the last line ends')
    assert.equal(lines.length % 2, 0)
    const items: unknown[] = []
    for (let i = 0; i < lines.length; i += 2) {
      const { create } = JSON.parse(lines[i]) as Action
      assert.deepEqual(Object.keys(create).sort(), ['_id', '_index'])
      assert.ok(Buffer.byteLength(create._id) <= 512)
      const source = JSON.parse(lines[i + 1]) as Source
      const day = new Date(source['@timestamp']).toISOString().slice(0, 10).replaceAll('-', '.')
      assert.equal(create._index, `narthex-${day}`)
      const key = `${create._index}/${create._id}`
      const verdict = judge(source)
      if (documents.has(key)) {
        items.push({
          create: { status: 409, error: { type: 'version_conflict_engine_exception' } },
        })
      } else if (verdict !== undefined) {
        items.push({ create: { status: verdict[0], error: { type: verdict[1] } } })
      } else {
        documents.set(key, source)
        items.push({ create: { status: 201 } })
      }
    }
    return { status: 200, body: JSON.stringify({ errors: false, items }) }
  })
}

function open(url: string, view: SeriesView): ReturnType<typeof openListed> {
  const key = 'authorization: {type: ApiKey, credentials: a2V5}'
  const queue = 'queue_config: {max_samples_per_send: 1000}'
  return openListed(`type: elasticsearch, url: "${url}", ${key}, ${queue}`, view)
}

async function start(): Promise<SuiteEnd> {
  const documents: Documents = new Map()
  const server = await startElastic(documents)
  const gate = await startHttpGate(server.url)
  return {
    open: (view) => open(gate.url, view),
    trouble: gate.trouble,
    async read() {
      const stored = new Map<string, [number, string][]>()
      for (const { metric, labels, value, '@timestamp': timeMs } of documents.values()) {
        const key = seriesKey([['__name__', metric], ...Object.entries(labels)])
        stored.set(key, [...(stored.get(key) ?? []), [timeMs, String(value)]])
      }
      return stored
    },
    async close() {
      gate.close()
      server.close()
    },
  }
}

writerSuite(undefined, start, { shown: {} })

const VIEW: SeriesView = {
  labels: (id) => ['__name__', `m${id}`],
  targetKey: () => '',
}

function parcelOf(count: number): Parcel {
  return {
    lane: 0,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i),
    values: Float64Array.from({ length: count }, (_, i) => i),
    timeMs: 1_700_000_000_000,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

test('documents that come too early are sent again, and no other is stored twice', async (t) => {
  const documents: Documents = new Map()
  let busy = 2
  const server = await startElastic(documents, ({ value }) =>
    value === 3 && busy-- > 0 ? [429, 'es_rejected_execution_exception'] : undefined,
  )
  t.after(() => server.close())
  const writer = open(server.url, VIEW)
  const outcomes: string[] = []
  for (let i = 0; i < 3; i++) outcomes.push((await writer.write([parcelOf(5)], NEVER)).outcome)
  assert.deepEqual(outcomes, ['retry', 'retry', 'written'])
  assert.equal(documents.size, 5)
  await writer.close()
})

test('documents that do not fit the mapping are counted, the others written', async (t) => {
  const documents: Documents = new Map()
  const server = await startElastic(documents, ({ value }) => {
    if (value === 1) return [400, 'document_parsing_exception']
    return value === 2 ? [403, 'cluster_block_exception'] : undefined
  })
  t.after(() => server.close())
  const writer = open(server.url, VIEW)
  const result = await writer.write([parcelOf(5)], NEVER)
  const refused = new Map([
    ['mapping', 1],
    ['status_403', 1],
  ])
  assert.deepEqual(result, { outcome: 'written', refused })
  assert.equal(documents.size, 3)
  await writer.close()
})

for (const body of ['', 'null', '{"items":7}', '{"items":[null]}', '{"items":[{"create":{']) {
  test(`an answer of ${JSON.stringify(body)} says nothing of two documents`, async (t) => {
    const server = await startSimulated(() => ({ status: 200, body }))
    t.after(() => server.close())
    const writer = open(server.url, VIEW)
    const result = await writer.write([parcelOf(2)], NEVER)
    assert.ok(result.outcome === 'retry' && result.reason === 'unreadable_answer')
    await writer.close()
  })
}
