/** What a sample costs in bodies of every kind of destination: CPU, and bytes before compression. */
import { systemClock } from '../../../src/base/clock.ts'
import { labelsFrom } from '../../../src/model/labels.ts'
import { bulkDocuments } from '../../../src/send/elasticsearch/documents.ts'
import { type BodyEncoder, makeBodies } from '../../../src/send/http/body.ts'
import { ResultSum } from '../../../src/send/http/resultsum.ts'
import { TextSamples } from '../../../src/send/http/textsamples.ts'
import { LINE_PROTOCOL } from '../../../src/send/influxdb/lines.ts'
import { dataPoints } from '../../../src/send/opentsdb/points.ts'
import { OtlpPoints } from '../../../src/send/otlp/points.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { RowBytes } from '../../../src/send/postgresql/rows.ts'
import { IMPORT_LINES } from '../../../src/send/victoriametrics/lines.ts'
import type { SeriesView } from '../../../src/send/writer.ts'
import { printLaps, race } from '../../race.ts'

const SERIES = 1000
const ROUNDS = 20
const TURNS = 15
const BOUNDS = { samplesMax: 2000, bytesMax: 4 * 1024 * 1024 }

const view: SeriesView = {
  labels: (id) =>
    labelsFrom([
      ['__name__', `node_metric_${id >> 3}_total`],
      ['cpu', String(id & 7)],
      ['instance', 'host-17.example:9100'],
      ['job', 'node'],
      ['mode', 'idle'],
    ]),
  targetKey: () => '',
}

const ids = Float64Array.from({ length: SERIES }, (_, i) => i)
// One value of three has a fraction.
const values = Float64Array.from({ length: SERIES }, (_, i) => (i % 3 === 0 ? i * 7.13 : i * 977))

function parcelAt(timeMs: number): Parcel {
  return {
    lane: 0,
    count: SERIES,
    ids,
    values,
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

const rows = Array.from({ length: ROUNDS }, (_, i) => parcelAt(1_700_000_000_000 + i * 15_000))

/** @returns bytes of all bodies */
function encodeAll(encoder: BodyEncoder): number {
  let sizeBytes = 0
  for (const row of rows) {
    for (const { bytes } of makeBodies([row], encoder, BOUNDS, new ResultSum())) {
      sizeBytes += bytes.length
    }
  }
  return sizeBytes
}

function encodeRows(): number {
  let sizeBytes = 0
  for (const { timeMs } of rows) {
    const into = new RowBytes(SERIES)
    for (let i = 0; i < SERIES; i++) into.add(timeMs, i + 1, values, i)
    sizeBytes += into.end().length
  }
  return sizeBytes
}

const encoders: Readonly<Record<string, BodyEncoder>> = {
  victoriametrics: new TextSamples(view, IMPORT_LINES),
  influxdb: new TextSamples(view, LINE_PROTOCOL),
  opentsdb: new TextSamples(view, dataPoints(8)),
  elasticsearch: new TextSamples(view, bulkDocuments('narthex-%Y.%m.%d')),
  otlp: new OtlpPoints(view, undefined, systemClock),
}

const runs: Record<string, () => number> = {}
for (const [name, encoder] of Object.entries(encoders)) runs[name] = () => encodeAll(encoder)
runs.postgresql = encodeRows
printLaps('a sample', race(SERIES * ROUNDS, TURNS, runs))
for (const [name, run] of Object.entries(runs)) {
  console.log(`  ${name.padEnd(36)} ${(run() / (SERIES * ROUNDS)).toFixed(1).padStart(9)} B`)
}
