/** Scanning on a layout gives what reading from scratch gives, whatever came before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { Layout } from '../../../src/collect/scrape/layout.ts'
import { MetadataPool } from '../../../src/collect/scrape/metadata.ts'
import { Scanner } from '../../../src/collect/scrape/scan.ts'
import { openMetricsFormat } from '../../../src/wire/openmetrics.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { bodyOf, rulesOf } from './bodies.ts'
import { MemoryAppender } from './memory.ts'

interface Outcome {
  readonly fault: string
  readonly samples: Record<string, number | 'stale'>
}

class Bench {
  readonly appender: MemoryAppender = new MemoryAppender()
  readonly #scanner = new Scanner(new MetadataPool())
  readonly #layout = new Layout()
  readonly #rules = rulesOf({ honorTimestamps: false })

  scrape(body: string, timeMs: number, isClosed: boolean): Outcome {
    const { row } = this.#scanner
    const format = isClosed ? openMetricsFormat : textFormat
    let fault = ''
    try {
      this.#scanner.scan(bodyOf(body), this.#layout, format, this.#rules)
      this.#scanner.markGone(this.#layout)
      row.write(this.appender, this.#layout, timeMs)
      this.#scanner.settle(this.#layout)
    } catch (error) {
      assert.ok(error instanceof NarthexError, String(error))
      fault = error.message
      this.#scanner.markAll(this.#layout)
      row.write(this.appender, this.#layout, timeMs)
      this.#layout.clearLive()
    }
    return { fault, samples: this.appender.at(timeMs) }
  }
}

const value = fc.constantFrom('1', '0', '-2.5', '1e3', '+Inf', '0.30000000000000004', '17e-6', 'x')
const key = fc.constantFrom(
  'a',
  'b{c="d"}',
  'b{c="e"}',
  'f{}',
  'g {h="i"}',
  '{"j.k"}',
  'l{m="\\n"}',
)
const sample = fc
  .tuple(key, value, fc.constantFrom('', ' 5'))
  .map(([k, v, time]) => `${k} ${v}${time}\n`)
const comment = fc.constantFrom('# HELP a x\n', '# TYPE b gauge\n', '# TYPE b gauge\n# HELP b y\n')
const lineOf = fc.oneof({ weight: 8, arbitrary: sample }, { weight: 2, arbitrary: comment })
const bodies = fc.array(fc.array(lineOf, { maxLength: 12 }), { maxLength: 6 })

for (const isClosed of [false, true]) {
  const name = isClosed ? 'OpenMetrics' : 'text'
  test(`C31: ${name}: a known layout changes nothing about what is read`, () => {
    const isSame = fc.property(bodies, (rounds) => {
      const known = new Bench()
      let alive: string[] = []
      for (const [round, lines] of rounds.entries()) {
        const body = lines.join('') + (isClosed ? '# EOF\n' : '')
        const timeMs = (round + 1) * 1000
        const after = known.scrape(body, timeMs, isClosed)
        const fresh = new Bench().scrape(body, timeMs, isClosed)
        assert.equal(after.fault, fresh.fault)
        const now = Object.keys(fresh.samples)
        const wanted: Record<string, number | 'stale'> = { ...fresh.samples }
        for (const gone of alive) wanted[gone] ??= 'stale'
        assert.deepEqual({ ...after.samples }, wanted)
        alive = now
      }
    })
    fc.assert(isSame, { seed: 20_260_108, numRuns: 1000 })
  })
}

test('C31: cutting and flipping bytes of a real body is answered by samples or a refusal', () => {
  const lines = Array.from(
    { length: 20 },
    (_, i) => `# HELP m${i} text\n# TYPE m${i} counter\nm${i}{a="b${i}",c="\\"${i}"} ${i * 1.5}\n`,
  )
  const body = lines.join('')
  const changes = fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { maxLength: 4 })
  const bench = new Bench()
  let timeMs = 0
  const isAnswered = fc.property(changes, fc.nat(body.length), (flips, cut) => {
    const characters = [...body.slice(0, cut)]
    for (const [at, code] of flips) if (at < cut) characters[at] = String.fromCharCode(code)
    timeMs += 1000
    bench.scrape(characters.join(''), timeMs, false)
    timeMs += 1000
    const { samples } = bench.scrape(body, timeMs, false)
    const alive = Object.values(samples).filter((found) => found !== 'stale')
    assert.equal(alive.length, lines.length)
  })
  fc.assert(isAnswered, { seed: 20_260_109, numRuns: 500 })
})
