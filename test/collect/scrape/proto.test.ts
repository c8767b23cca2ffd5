/** Scraping protobuf: the same numbers as from text, and what text cannot say passed on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { ACCEPTED } from '../../../src/model/appender.ts'
import type { Exemplar } from '../../../src/model/exemplar.ts'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import { formatLabels } from '../../../src/model/labels.ts'
import { isStaleAt } from '../../../src/model/stale.ts'
import { transcodeFamilies } from '../../../src/wire/expositionproto.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { inWorld, OPENMETRICS, own, type World } from './world.ts'

const PROTO = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily'

function delimited(...families: ((writer: ProtoWriter) => void)[]): Uint8Array {
  const parts = families.map((write) => {
    const family = new ProtoWriter()
    write(family)
    const framed = new ProtoWriter()
    framed.varint(family.at)
    framed.raw(family.written(), 0, family.at)
    return framed.written()
  })
  return Buffer.concat(parts)
}

function label(writer: ProtoWriter, name: string, value: string): void {
  writer.message(1, () => {
    writer.text(1, name)
    writer.text(2, value)
  })
}

/** A counter, a gauge with a time and an odd label, a summary, a histogram. */
const FAMILIES = delimited(
  (w) => {
    // The metric before its name: any order is valid.
    w.message(4, () => {
      label(w, 'code', '200')
      w.message(3, () => w.double(1, 1e21))
    })
    w.text(1, 'requests_total')
    w.text(2, 'a help\nin two lines')
  },
  (w) => {
    w.text(1, 'odd')
    w.int(3, 1)
    w.message(4, () => {
      label(w, 'path', 'a\\b"c\nd')
      w.message(2, () => w.double(1, -0.1))
    })
    w.message(4, () => w.message(2, () => w.double(1, NaN)))
  },
  (w) => {
    w.text(1, 'rpc')
    w.int(3, 2)
    w.message(4, () =>
      w.message(4, () => {
        w.int(1, 4)
        w.double(2, 2.5)
        w.message(3, () => {
          w.double(1, 0.5)
          w.double(2, 1.25)
        })
      }),
    )
  },
  (w) => {
    w.text(1, 'size')
    w.int(3, 4)
    w.message(4, () =>
      w.message(7, () => {
        w.int(1, 3)
        w.double(2, 7)
        w.message(3, () => {
          w.int(1, 2)
          w.double(2, 1)
          w.message(3, () => {
            label(w, 'trace_id', 'abc')
            w.double(2, 0.75)
          })
        })
      }),
    )
  },
)

const TEXT = [
  '# TYPE requests_total counter',
  'requests_total{code="200"} 1e+21',
  '# TYPE odd gauge',
  'odd{path="a\\\\b\\"c\\nd"} -0.1',
  'odd NaN',
  '# TYPE rpc summary',
  'rpc{quantile="0.5"} 1.25',
  'rpc_sum 2.5',
  'rpc_count 4',
  '# TYPE size histogram',
  'size_bucket{le="1"} 2',
  'size_bucket{le="+Inf"} 3',
  'size_sum 7',
  'size_count 3',
  '',
].join('\n')

function numbers(world: World, timeMs: number): Record<string, number | 'stale'> {
  const all = Object.entries(world.appender.at(timeMs))
  return Object.fromEntries(
    all
      .filter(([name]) => !name.startsWith('scrape_duration'))
      .map(([name, value]) => [name.replace(own(world), 'own'), value]),
  )
}

test('numbers are those of the text, scrape after scrape, until they are gone', () =>
  inWorld(async (text) =>
    inWorld(async (proto) => {
      text.serve(TEXT)
      proto.serve(FAMILIES, PROTO)
      text.apply()
      proto.apply({ scrapeProtocols: ['PrometheusProto'] })
      for (let i = 0; i < 3; i++) {
        const wanted = numbers(text, await text.scrape())
        const seen = numbers(proto, await proto.scrape())
        assert.deepEqual(seen, wanted)
        assert.equal(seen[keyWith(seen, 'le="1.0"')], 2)
      }
      proto.serve(FAMILIES.subarray(0, 60), PROTO)
      assert.equal(
        numbers(proto, await proto.scrape())[keyWith(numbers(text, text.clock.now()), 'rpc_sum')],
        'stale',
      )
    }),
  ))

function keyWith(record: Record<string, unknown>, part: string): string {
  return Object.keys(record).find((key) => key.includes(part)) ?? ''
}

interface Side {
  readonly histograms: { name: string; histogram: NativeHistogram }[]
  readonly exemplars: { name: string; exemplar: Exemplar }[]
}

/** Lets the world's appender take native histograms and exemplars. */
function keepSide(world: World): Side {
  const kept: Side = { histograms: [], exemplars: [] }
  const { appender } = world
  const nameOf = (id: number): string => formatLabels(appender.seriesById[id] ?? [])
  Object.assign(appender, {
    side: {
      histogram(_timeMs: number, id: number, histogram: NativeHistogram) {
        kept.histograms.push({ name: nameOf(id), histogram })
        return ACCEPTED
      },
      exemplar(id: number, exemplar: Exemplar) {
        kept.exemplars.push({ name: nameOf(id), exemplar })
        return ACCEPTED
      },
    },
  })
  return kept
}

const NATIVE = delimited((w) => {
  w.text(1, 'lat')
  w.int(3, 4)
  w.message(4, () =>
    w.message(7, () => {
      w.int(1, 6)
      w.double(2, 9)
      w.sint(5, 3)
      w.double(6, 0.001)
      w.int(7, 1)
      w.message(12, () => {
        w.sint(1, -2)
        w.int(2, 2)
      })
      w.message(13, () => {
        w.zigzag(2)
        w.zigzag(1)
      })
      w.message(3, () => {
        w.int(1, 5)
        w.double(2, 1)
      })
    }),
  )
})

test('a native histogram is passed on, and marked when it is gone', () =>
  inWorld(async (world) => {
    const kept = keepSide(world)
    world.serve(NATIVE, PROTO)
    world.apply({ scrapeNativeHistograms: true })
    const timeMs = await world.scrape()
    const [{ name, histogram }] = kept.histograms
    assert.equal(name, `lat{${own(world)}}`)
    assert.deepEqual([...histogram.positiveCounts], [2, 3])
    assert.deepEqual(histogram.positiveSpans, [{ offset: -2, length: 2 }])
    assert.deepEqual([histogram.schema, histogram.count, histogram.zeroCount], [3, 6, 1])
    assert.equal(keyWith(world.appender.at(timeMs), 'lat_bucket'), '')
    world.handler = (_request, response) => response.writeHead(500).end()
    await world.scrape()
    assert.ok(isStaleAt(kept.histograms[1].histogram.sum, 0))
    await world.scrape()
    assert.equal(kept.histograms.length, 2)
  }))

test('a native histogram of schema 0 is one, though its schema is left out', () =>
  inWorld(async (world) => {
    const kept = keepSide(world)
    const family = delimited((w) => {
      w.text(1, 'lat')
      w.int(3, 4)
      w.message(4, () =>
        w.message(7, () => {
          w.int(1, 2)
          w.message(12, () => w.int(2, 1))
          w.message(13, () => w.zigzag(2))
        }),
      )
    })
    world.serve(family, PROTO)
    world.apply({ scrapeNativeHistograms: true })
    await world.scrape()
    const [{ histogram }] = kept.histograms
    assert.deepEqual([histogram.schema, [...histogram.positiveCounts]], [0, [2]])
  }))

test('classic buckets come along where they are always wanted, and where nobody keeps native ones', () =>
  inWorld(async (world) => {
    world.serve(NATIVE, PROTO)
    world.apply({ scrapeNativeHistograms: true })
    assert.notEqual(keyWith(world.appender.at(await world.scrape()), 'lat_bucket'), '')
    await inWorld(async (both) => {
      const kept = keepSide(both)
      both.serve(NATIVE, PROTO)
      both.apply({ scrapeNativeHistograms: true, alwaysScrapeClassicHistograms: true })
      assert.notEqual(keyWith(both.appender.at(await both.scrape()), 'lat_bucket'), '')
      assert.equal(kept.histograms.length, 1)
    })
  }))

test('exemplars are passed on from protobuf and from OpenMetrics', () =>
  inWorld(async (world) => {
    const kept = keepSide(world)
    world.serve(FAMILIES, PROTO)
    world.apply({ scrapeProtocols: ['PrometheusProto'] })
    await world.scrape()
    assert.deepEqual(kept.exemplars, [
      {
        name: `size_bucket{${own(world)}, le="1.0"}`,
        exemplar: { labels: ['trace_id', 'abc'], value: 0.75, timeMs: undefined },
      },
    ])
    world.serve('# TYPE a counter\na_total 1 # {t="x\\"y"} 0.5 12.5\n# EOF\n', OPENMETRICS)
    await world.scrape()
    assert.deepEqual(kept.exemplars[1], {
      name: `a_total{${own(world)}}`,
      exemplar: { labels: ['t', 'x"y'], value: 0.5, timeMs: 12_500 },
    })
    await world.scrape()
    assert.equal(kept.exemplars.length, 3)
  }))

test('C31: any bytes are families or are refused', () => {
  const nowhere = { histogram: () => {}, exemplar: () => {} }
  const mutated = fc
    .array(fc.tuple(fc.nat(NATIVE.length - 1), fc.nat(255)), { maxLength: 5 })
    .map((changes) => {
      const bytes = NATIVE.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
      try {
        transcodeFamilies(bytes, { native: true, alwaysClassic: true }, nowhere, 10_000)
      } catch (error) {
        assert.ok(error instanceof NarthexError, String(error))
      }
    }),
    { seed: 4, numRuns: 2000 },
  )
})
