/** Scanning a body of 1,000 samples, a sample each: the known layout, and what makes it slower. */
import { Layout } from '../../../src/collect/scrape/layout.ts'
import { MetadataPool } from '../../../src/collect/scrape/metadata.ts'
import type { SampleRules } from '../../../src/collect/scrape/samplelabels.ts'
import { type Body, Scanner } from '../../../src/collect/scrape/scan.ts'
import type { Appender } from '../../../src/model/appender.ts'
import { textFormat } from '../../../src/wire/text.ts'
import { printLaps, race } from '../../race.ts'

const SAMPLES = 1000
const BODIES = 20
const TURNS = 15

const RULES: SampleRules = {
  targetLabels: ['instance', 'host-1.example.net:9100', 'job', 'node'],
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  metricRelabel: [],
  nameValidation: 'utf8',
  sampleLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
}

/** Accepts everything at once: what is left is our own cost. */
function openVoid(): Appender {
  let next = 0
  return {
    series: () => next++,
    append(_timeMs, _ids, _values, count, outcomes) {
      outcomes.fill(0, 0, count)
      return count
    },
    commit: () => Promise.resolve(undefined),
  }
}

/** A line as node_exporter writes it; every third sample begins a family. */
function lineOf(i: number, name: string, round: number, time: string): string {
  const family = `node_${name}_${Math.floor(i / 3)}_seconds_total`
  const head =
    i % 3 === 0 ? `# HELP ${family} Seconds spent in mode ${i}.\n# TYPE ${family} counter\n` : ''
  const value = i % 4 === 0 ? (i * 1234.25 + round).toFixed(2) : String(i * 37)
  return `${head}${family}{cpu="${i % 8}",device="sda${i}",mode="idle"} ${value}${time}\n`
}

function bodyOf(lines: readonly string[]): Body {
  const bytes = new TextEncoder().encode(`${lines.join('')}\n`)
  return { bytes, view: new DataView(bytes.buffer), length: bytes.length - 1 }
}

function bodiesOf(line: (i: number, round: number) => string): Body[] {
  return Array.from({ length: BODIES }, (_, round) =>
    bodyOf(Array.from({ length: SAMPLES }, (_line, i) => line(i, round))),
  )
}

/** One target that gets the bodies one after the other. */
function contender(bodies: readonly Body[], isNew: boolean): () => void {
  const scanner = new Scanner(new MetadataPool())
  const appender = openVoid()
  let layout = new Layout()
  let timeMs = 0
  return () => {
    for (const body of bodies) {
      if (isNew) layout = new Layout()
      scanner.scan(body, layout, textFormat, RULES)
      scanner.markGone(layout)
      scanner.row.write(appender, layout, timeMs++)
      scanner.settle(layout)
      if (isNew) scanner.release(layout)
    }
  }
}

const plain = bodiesOf((i, round) => lineOf(i, 'cpu', round, ''))
const turned = bodiesOf((i, round) => lineOf((i + round * 300) % SAMPLES, 'cpu', round, ''))
const churning = bodiesOf((i, round) => lineOf(i, i % 4 === 0 ? `r${round}` : 'cpu', round, ''))
const timed = bodiesOf((i, round) => lineOf(i, 'cpu', round, ` ${1_700_000_000_000 + (i >> 5)}`))

printLaps(
  `scan of ${SAMPLES} samples, ${Math.round(plain[0].length / SAMPLES)} bytes each`,
  race(SAMPLES * BODIES, TURNS, {
    'known layout': contender(plain, false),
    'samples with their own time': contender(timed, false),
    'lines in another order': contender(turned, false),
    'a quarter of the series is new': contender(churning, false),
    'everything is new': contender(plain, true),
  }),
)
