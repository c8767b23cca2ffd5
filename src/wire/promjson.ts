/** Answers of the Prometheus API as JSON bytes, written straight into one growing buffer. */
import type { Labels } from '../model/labels.ts'
import type { Budget } from '../model/queryable.ts'
import type { MatrixData, Result, ResultStats, SamplesData } from '../model/result.ts'
import { JsonBuffer, VALUE_SIZE_MAX } from './jsonbuffer.ts'

/** How long the parts of a query took, in seconds. */
export interface QueryTimings {
  readonly evalTotalSeconds: number
  readonly preparationSeconds: number
  readonly innerEvalSeconds: number
  readonly sortSeconds: number
  readonly queueSeconds: number
  readonly totalSeconds: number
}

/** What goes into an answer besides the result. */
export interface WriteOptions {
  /** Adds the `stats` object. */
  readonly timings?: QueryTimings
  /** Pays for the bytes of the answer. */
  readonly budget?: Budget
}

/**
 * The success envelope of `/api/v1/query` and `/api/v1/query_range`.
 *
 * @throws NarthexError `limit`, `canceled` or `timeout` from the budget
 */
export function writeResult(result: Result, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  const { data } = result
  const out = new JsonBuffer(options.budget)
  const type = data.kind === 'samples' ? 'matrix' : data.kind
  out.ascii(`{"status":"success","data":{"resultType":"${type}","result":`)
  switch (data.kind) {
    case 'matrix':
      writeMatrix(out, data)
      break
    case 'samples':
      writeSamples(out, data)
      break
    case 'vector':
      writeList(out, data.labels.length, (i) => {
        writeMetric(out, data.labels[i])
        out.ascii(',"value":[')
        writePoint(out, data.timeMs, data.values[i])
        out.ascii(']}')
      })
      break
    case 'scalar':
      out.ascii('[')
      writePoint(out, data.timeMs, data.value)
      out.ascii(']')
      break
    case 'string':
      out.ascii('[')
      out.time(data.timeMs)
      out.ascii(',')
      out.text(data.value)
      out.ascii(']')
      break
  }
  if (options.timings !== undefined) writeStats(out, options.timings, result.stats)
  out.ascii('}')
  writeNotes(out, 'warnings', result.warnings)
  writeNotes(out, 'infos', result.infos)
  out.ascii('}')
  return out.bytes()
}

/** The success envelope of the label names and values APIs. */
export function writeNames(
  names: readonly string[],
  warnings: readonly string[],
  budget?: Budget,
): Uint8Array<ArrayBuffer> {
  const out = new JsonBuffer(budget)
  out.ascii('{"status":"success","data":')
  writeList(out, names.length, (i) => out.text(names[i]))
  writeNotes(out, 'warnings', warnings)
  out.ascii('}')
  return out.bytes()
}

/** The success envelope of the series API. */
export function writeSeries(
  series: readonly Labels[],
  warnings: readonly string[],
  budget?: Budget,
): Uint8Array<ArrayBuffer> {
  const out = new JsonBuffer(budget)
  out.ascii('{"status":"success","data":')
  writeList(out, series.length, (i) => writeLabels(out, series[i]))
  writeNotes(out, 'warnings', warnings)
  out.ascii('}')
  return out.bytes()
}

/** The times of the grid are made once; every row copies them. */
function writeMatrix(out: JsonBuffer, data: MatrixData): void {
  const { grid, labels, values, present } = data
  const heads = encodeHeads(grid.fromMs, grid.stepMs, grid.count)
  writeList(out, labels.length, (row) => {
    writeMetric(out, labels[row])
    out.ascii(',"values":[')
    out.reserve(heads.bytes.length + grid.count * VALUE_SIZE_MAX)
    const from = row * grid.count
    let first = true
    for (let step = 0; step < grid.count; step++) {
      if (present[from + step] === 0) continue
      const at = heads.offsets[step]
      // A head begins with the comma that the first point of a row does without.
      out.copy(heads.bytes, first ? at + 1 : at, heads.offsets[step + 1])
      out.value(values[from + step])
      out.byte(QUOTE)
      out.byte(CLOSE_BRACKET)
      first = false
    }
    out.ascii(']}')
  })
}

const QUOTE = 34
const CLOSE_BRACKET = 93

interface Heads {
  /** `,[1600000000,"` for every step, side by side. */
  readonly bytes: Uint8Array
  /** uint32[count + 1], where each begins; the last is the end. */
  readonly offsets: Uint32Array
}

function encodeHeads(fromMs: number, stepMs: number, count: number): Heads {
  const heads = new JsonBuffer()
  const offsets = new Uint32Array(count + 1)
  for (let step = 0; step < count; step++) {
    offsets[step] = heads.length
    heads.ascii(',[')
    heads.time(fromMs + step * stepMs)
    heads.ascii(',"')
  }
  offsets[count] = heads.length
  return { bytes: heads.bytes(), offsets }
}

function writeSamples(out: JsonBuffer, data: SamplesData): void {
  writeList(out, data.series.length, (row) => {
    const { labels, times, values, from, to } = data.series[row]
    writeMetric(out, labels)
    out.ascii(',"values":[')
    for (let i = from; i < to; i++) {
      out.ascii(i === from ? '[' : ',[')
      writePoint(out, times[i], values[i])
      out.ascii(']')
    }
    out.ascii(']}')
  })
}

function writePoint(out: JsonBuffer, timeMs: number, value: number): void {
  out.time(timeMs)
  out.ascii(',"')
  out.reserve(VALUE_SIZE_MAX)
  out.value(value)
  out.ascii('"')
}

function writeList(out: JsonBuffer, count: number, writeItem: (index: number) => void): void {
  out.ascii('[')
  for (let i = 0; i < count; i++) {
    if (i > 0) out.ascii(',')
    writeItem(i)
  }
  out.ascii(']')
}

/** Opens the object of one series; the caller closes it. */
function writeMetric(out: JsonBuffer, labels: Labels): void {
  out.ascii('{"metric":')
  writeLabels(out, labels)
}

function writeLabels(out: JsonBuffer, labels: Labels): void {
  out.ascii('{')
  for (let i = 0; i < labels.length; i += 2) {
    if (i > 0) out.ascii(',')
    out.text(labels[i])
    out.ascii(':')
    out.text(labels[i + 1])
  }
  out.ascii('}')
}

function writeNotes(out: JsonBuffer, key: string, notes: readonly string[]): void {
  if (notes.length === 0) return
  out.ascii(`,"${key}":`)
  writeList(out, notes.length, (i) => out.text(notes[i]))
}

function writeStats(out: JsonBuffer, timings: QueryTimings, stats: ResultStats): void {
  const shown = {
    timings: {
      evalTotalTime: timings.evalTotalSeconds,
      resultSortTime: timings.sortSeconds,
      queryPreparationTime: timings.preparationSeconds,
      innerEvalTime: timings.innerEvalSeconds,
      execQueueTime: timings.queueSeconds,
      execTotalTime: timings.totalSeconds,
    },
    samples: {
      totalQueryableSamples: stats.totalQueryableSamples,
      peakSamples: stats.peakSamples,
    },
  }
  out.ascii(`,"stats":${JSON.stringify(shown)}`)
}
