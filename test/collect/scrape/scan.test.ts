/** Scanning bodies against a known layout: nothing lost, whatever the order and the shape. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Layout } from '../../../src/collect/scrape/layout.ts'
import { MetadataPool } from '../../../src/collect/scrape/metadata.ts'
import type { SampleRules } from '../../../src/collect/scrape/samplelabels.ts'
import { Scanner } from '../../../src/collect/scrape/scan.ts'
import { compileRelabel } from '../../../src/config/relabel.ts'
import type { ExpositionFormat } from '../../../src/wire/exposition.ts'
import { openMetricsFormat } from '../../../src/wire/openmetrics.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { bodyOf, rulesOf } from './bodies.ts'
import { MemoryAppender } from './memory.ts'

/** One target without sockets: bodies in, samples out. */
class Bench {
  readonly appender: MemoryAppender = new MemoryAppender()
  readonly metadata: MetadataPool = new MetadataPool()
  readonly scanner: Scanner = new Scanner(this.metadata)
  readonly layout: Layout = new Layout()
  readonly rules: SampleRules
  readonly format: ExpositionFormat
  timeMs = 0

  constructor(rules: Partial<SampleRules> = {}, format: ExpositionFormat = textFormat) {
    this.rules = rulesOf(rules)
    this.format = format
  }

  /** Scrapes a body; what was stored at its time, and how many series were new. */
  scrape(body: string): { stored: Record<string, number | 'stale'>; added: number } {
    this.timeMs += 1000
    this.scanner.scan(bodyOf(body), this.layout, this.format, this.rules)
    this.scanner.markGone(this.layout)
    const added = this.scanner.row.write(this.appender, this.layout, this.timeMs)
    this.scanner.settle(this.layout)
    return { stored: this.appender.at(this.timeMs), added }
  }
}

for (const count of [0, 1, 2, 1024, 1025, 2048, 2049, 5000]) {
  test(`a body of ${count} series loses none, twice in a row`, () => {
    const bench = new Bench()
    const body = (plus: number): string =>
      Array.from({ length: count }, (_, i) => `m${i % 7}{i="${i}"} ${i + plus}\n`).join('')
    for (const plus of [0, 0.5]) {
      const { stored } = bench.scrape(body(plus))
      assert.equal(Object.keys(stored).length, count)
      for (let i = 0; i < count; i++) assert.equal(stored[`m${i % 7}{i="${i}"}`], i + plus)
    }
  })
}

test('a series that goes away is marked once, and counts as new when it comes back', () => {
  const bench = new Bench()
  assert.equal(bench.scrape('a 1\nb 2\nc 3\n').added, 3)
  assert.deepEqual(bench.scrape('a 1\nc 3\n').stored, { a: 1, b: 'stale', c: 3 })
  assert.deepEqual(bench.scrape('a 1\nc 3\n').stored, { a: 1, c: 3 })
  const back = bench.scrape('a 1\nb 2\nc 3\n')
  assert.deepEqual(back.stored, { a: 1, b: 2, c: 3 })
  assert.equal(back.added, 1)
  assert.equal(bench.scrape('a 1\nb 2\nc 3\n').added, 0)
})

test('the order of the lines may change at will', () => {
  const bench = new Bench()
  const names = Array.from({ length: 60 }, (_, i) => `m${i}`)
  const orders = fc.shuffledSubarray(names, { minLength: 0, maxLength: names.length })
  const isStored = fc.property(fc.array(orders, { maxLength: 8 }), (rounds) => {
    let alive = new Set<string>()
    for (const order of rounds) {
      const blocks = order.map((name) => `# TYPE ${name} gauge\n${name} ${name.slice(1)}\n`)
      const { stored } = bench.scrape(blocks.join(''))
      const wanted: Record<string, number | 'stale'> = {}
      for (const name of alive) wanted[name] = 'stale'
      for (const name of order) wanted[name] = Number(name.slice(1))
      assert.deepEqual({ ...stored }, wanted)
      alive = new Set(order)
    }
    const { stored } = bench.scrape('')
    assert.equal(Object.keys(stored).length, alive.size)
  })
  fc.assert(isStored, { seed: 20_260_101, numRuns: 150 })
})

test('a key that stands twice is counted as a duplicate, the first sample stays', () => {
  const bench = new Bench()
  for (let round = 0; round < 3; round++) {
    const { stored } = bench.scrape('a 1\nb 5\na 2\nc 6\n')
    assert.deepEqual(stored, { a: 1, b: 5, c: 6 })
    assert.equal(bench.scanner.row.refusals.duplicate, 1)
    assert.equal(bench.scanner.row.scraped, 4)
    assert.equal(bench.scanner.row.kept, 4)
  }
})

test('two keys that relabelling makes one series: the second value is a counted duplicate', () => {
  const drop = compileRelabel({ action: 'labeldrop', regex: 'x' })
  const bench = new Bench({ metricRelabel: [drop] })
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(bench.scrape('a{x="1"} 1\na{x="2"} 2\n').stored, { a: 1 })
    assert.equal(bench.scanner.row.refusals.duplicate, 1)
  }
})

test('dropped samples count as scraped and not as kept, and cost no series', () => {
  const rule = compileRelabel({ action: 'drop', sourceLabels: ['__name__'], regex: 'b.*' })
  const bench = new Bench({ metricRelabel: [rule] })
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(bench.scrape('a 1\nb 2\nbb 3\nc 4\n').stored, { a: 1, c: 4 })
    assert.equal(bench.scanner.row.scraped, 4)
    assert.equal(bench.scanner.row.kept, 2)
  }
  assert.equal(bench.appender.seriesById.length, 2)
})

test('samples with their own time keep it and are never marked as gone', () => {
  const bench = new Bench()
  bench.scrape('a 1 500\nb 2 500\nc 3 700\nd 4\n')
  assert.deepEqual({ ...bench.appender.at(500) }, { a: 1, b: 2 })
  assert.deepEqual({ ...bench.appender.at(700) }, { c: 3 })
  assert.deepEqual({ ...bench.scrape('d 5\n').stored }, { d: 5 })
})

test('with track_timestamps_staleness samples with their own time are marked too', () => {
  const bench = new Bench({ trackTimestampsStaleness: true })
  bench.scrape('a 1 500\n')
  assert.deepEqual({ ...bench.scrape('b 5\n').stored }, { a: 'stale', b: 5 })
})

test('without honor_timestamps the time of the scrape counts', () => {
  const bench = new Bench({ honorTimestamps: false })
  assert.deepEqual({ ...bench.scrape('a 1 500\n').stored }, { a: 1 })
  assert.deepEqual({ ...bench.scrape('').stored }, { a: 'stale' })
})

test('a series whose samples begin to bear a time is marked once and then left alone', () => {
  const bench = new Bench()
  bench.scrape('a 1\n')
  assert.deepEqual({ ...bench.scrape('a 2 1500\n').stored }, { a: 'stale' })
  assert.deepEqual({ ...bench.scrape('').stored }, {})
})

test('a refused body leaves the layout as it was', () => {
  const bench = new Bench()
  bench.scrape('a 1\nb 2\n')
  for (let round = 0; round < 3; round++) {
    assert.throws(() => bench.scrape('a 3\nnew 4\nb five\n'), /invalid syntax/)
    assert.equal(bench.layout.count, 2)
  }
  assert.equal(bench.appender.seriesById.length, 2, 'a refused body makes no series')
  const { stored, added } = bench.scrape('a 3\nb 4\n')
  assert.deepEqual(stored, { a: 3, b: 4 })
  assert.equal(added, 0)
})

test('sample_limit refuses the scrape and still counts all samples', () => {
  const bench = new Bench({ sampleLimit: 2 })
  assert.deepEqual(bench.scrape('a 1\nb 2\n').stored, { a: 1, b: 2 })
  for (let round = 0; round < 2; round++) {
    assert.throws(
      () => bench.scrape('a 1\nb 2\nc 3\nd 4\n'),
      /^NarthexError: sample limit exceeded$/,
    )
    assert.equal(bench.scanner.row.scraped, 4)
    assert.equal(bench.scanner.row.kept, 4)
  }
  assert.equal(bench.layout.count, 2)
})

for (const [name, rules, message] of [
  [
    'label_limit',
    { labelLimit: 1 },
    'label_limit exceeded (metric: a, number of labels: 2, limit: 1)',
  ],
  [
    'label_name_length_limit',
    { labelNameLengthLimit: 8 },
    'label_name_length_limit exceeded (metric: a, label name: long_name, length: 9, limit: 8)',
  ],
  [
    'label_value_length_limit',
    { labelValueLengthLimit: 2 },
    'label_value_length_limit exceeded (metric: a, label name: long_name, value: "é2", length: 3, limit: 2)',
  ],
] as const) {
  test(`${name} refuses the scrape in Prometheus's words`, () => {
    assert.throws(() => new Bench(rules).scrape('a{long_name="é2"} 1\n'), { message })
  })
}

test('honor_labels decides between the labels of the sample and of the target', () => {
  const targetLabels = ['instance', 'x', 'job', 'j']
  const body = 'a{instance="own",exported_job="e",job="mine"} 1\n'
  const kept = new Bench({ targetLabels, honorLabels: true }).scrape(body).stored
  assert.deepEqual(Object.keys(kept), ['a{exported_job="e", instance="own", job="mine"}'])
  const renamed = new Bench({ targetLabels, honorLabels: false }).scrape(body).stored
  assert.deepEqual(Object.keys(renamed), [
    'a{exported_exported_job="mine", exported_instance="own", exported_job="e", instance="x", job="j"}',
  ])
})

test('bounds of histograms and quantiles are stored as OpenMetrics writes them', () => {
  const bench = new Bench()
  const { stored } = bench.scrape(
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1000000"} 2\nh_bucket{le="+Inf"} 3\n' +
      '# TYPE s summary\ns{quantile="0.50"} 4\n# TYPE g gauge\ng{le="1"} 5\n',
  )
  assert.deepEqual(Object.keys(stored), [
    'h_bucket{le="1.0"}',
    'h_bucket{le="1e+06"}',
    'h_bucket{le="+Inf"}',
    's{quantile="0.5"}',
    'g{le="1"}',
  ])
})

test('a store that has forgotten the series is asked again in the same scrape', () => {
  const bench = new Bench()
  bench.scrape('a 1\nb 2\n')
  bench.appender.forget()
  bench.timeMs += 1000
  const body = bodyOf('a 3\nb 4\n')
  bench.scanner.scan(body, bench.layout, textFormat, bench.rules)
  bench.scanner.markGone(bench.layout)
  assert.equal(bench.scanner.row.write(bench.appender, bench.layout, bench.timeMs), -1)
  bench.scanner.scan(body, bench.layout, textFormat, bench.rules)
  bench.scanner.markGone(bench.layout)
  assert.equal(bench.scanner.row.write(bench.appender, bench.layout, bench.timeMs), 0)
  assert.deepEqual(bench.appender.at(bench.timeMs), { a: 3, b: 4 })
})

test('series that a limit of the store keeps out are counted, the others go on', () => {
  const bench = new Bench()
  bench.appender.seriesMax = 2
  for (let round = 0; round < 2; round++) {
    const { stored } = bench.scrape('a 1\nb 2\nc 3\nd 4 5\n')
    assert.deepEqual(stored, { a: 1, b: 2 })
    assert.equal(bench.scanner.row.refusals.series, 2)
  }
  bench.appender.seriesMax = 3
  assert.deepEqual(bench.scrape('a 1\nb 2\nc 3\n').stored, { a: 1, b: 2, c: 3 })
})

test('a thousand refused cells are counted in no time', () => {
  const bench = new Bench()
  const body = Array.from({ length: 20_000 }, (_, i) => `m{i="${i}"} ${i}\n`).join('')
  bench.scrape(body)
  bench.timeMs -= 5000
  bench.scrape(body)
  assert.equal(bench.scanner.row.refusals.outOfOrder, 20_000)
})

test('metadata is kept once for equal blocks and leaves with the last layout', () => {
  const bench = new Bench()
  const other = new Layout()
  const body = '# HELP a what \\\\ it\\nis\n# TYPE a counter\na 1\n# TYPE b untyped\nb 1\n'
  bench.scrape(body)
  bench.scanner.scan(bodyOf(body), other, textFormat, bench.rules)
  assert.equal([...bench.metadata.all()].length, 2)
  const families = new Map([...bench.metadata.all()].flatMap((block) => [...block]))
  assert.deepEqual(families.get('a'), { type: 'counter', help: 'what \\ it\nis', unit: '' })
  assert.deepEqual(families.get('b'), { type: 'unknown', help: '', unit: '' })
  bench.scanner.release(other)
  assert.equal([...bench.metadata.all()].length, 2)
  bench.scanner.release(bench.layout)
  assert.equal([...bench.metadata.all()].length, 0)
})

test('OpenMetrics: exemplars are counted, times are seconds, _created is a series', () => {
  const bench = new Bench({}, openMetricsFormat)
  const { stored } = bench.scrape(
    '# TYPE a counter\na_total 1 # {id="x"} 5\na_created 1.5\nb 2 1.25\n# EOF\n',
  )
  assert.deepEqual(stored, { a_total: 1, a_created: 1.5 })
  assert.deepEqual(bench.appender.at(1250), { b: 2 })
  assert.equal(bench.scanner.row.exemplars, 1)
})

test('scrape state needs at most 60 bytes a series', () => {
  const bench = new Bench()
  const count = 3000
  const lines = Array.from(
    { length: count },
    (_, i) => `${i % 3 === 0 ? `# HELP m${i} h\n# TYPE m${i} gauge\n` : ''}m${i} 1\n`,
  )
  bench.scrape(lines.join(''))
  bench.scrape(lines.join(''))
  assert.ok(bench.layout.ids.buffer.byteLength / count <= 60)
})

test('a key that stands twice is a duplicate even when the value is the same', () => {
  const bench = new Bench()
  for (let round = 0; round < 3; round++) {
    bench.scrape('a 1\nb 5\na 1\n')
    assert.equal(bench.scanner.row.refusals.duplicate, 1)
    assert.equal(bench.scanner.row.count, 2)
  }
})

test('values of known keys are read to the bit, however they are written', () => {
  const bench = new Bench()
  const writings = [
    (value: number) => String(value),
    (value: number) => value.toExponential(),
    (value: number) => value.toPrecision(17),
    (value: number) => value.toFixed(3),
    (value: number) => value.toExponential(3).replace('e', 'E'),
  ]
  const numbers = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), {
    minLength: 10,
    maxLength: 10,
  })
  const isExact = fc.property(numbers, fc.nat(writings.length - 1), (values, writing) => {
    const texts = values.map(writings[writing])
    const { stored } = bench.scrape(texts.map((text, i) => `m${i} ${text}\n`).join(''))
    for (const [i, text] of texts.entries()) {
      assert.ok(Object.is(stored[`m${i}`], Number(text)), text)
    }
  })
  fc.assert(isExact, { seed: 20_260_112, numRuns: 500 })
})

test('a marker that the store refuses is not counted', () => {
  const bench = new Bench()
  bench.scrape('a 1\nb 2\n')
  bench.timeMs -= 5000
  bench.scrape('a 1\n')
  assert.equal(bench.scanner.row.refusals.outOfOrder, 1)
})

test('samples with many times are written time by time, and none is lost', () => {
  const bench = new Bench()
  const body = (plus: number): string =>
    Array.from({ length: 400 }, (_, i) => `m{i="${i}"} ${i + plus} ${500 + plus + (i % 8)}\n`).join(
      '',
    )
  for (const plus of [0, 100]) {
    const before = bench.appender.appends
    assert.equal(bench.scrape(body(plus)).added, plus === 0 ? 400 : 0)
    assert.equal(bench.appender.appends - before, 8)
    for (let i = 0; i < 400; i++) {
      assert.equal(bench.appender.at(500 + plus + (i % 8))[`m{i="${i}"}`], i + plus)
    }
  }
  bench.appender.seriesMax = 401
  const more = 'x 1 700\ny 2 701\nx{a="b"} 3 700\ny{a="b"} 4 701\n'
  assert.equal(bench.scrape(more).added, 1)
  assert.equal(bench.scanner.row.refusals.series, 3)
  assert.deepEqual({ ...bench.appender.at(700) }, { x: 1 })
})
