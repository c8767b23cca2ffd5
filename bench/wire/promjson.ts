/** Matrices as JSON bytes: the writer against objects and JSON.stringify, a point each. */
import { labelsToRecord } from '../../src/model/labels.ts'
import type { MatrixData, Result } from '../../src/model/result.ts'
import { writeResult } from '../../src/wire/promjson.ts'
import { printLaps, race } from '../race.ts'

const ROWS = 200
const STEPS = 1_000
const TURNS = 8

function matrixOf(valueAt: (i: number) => number): MatrixData {
  const values = Float64Array.from({ length: ROWS * STEPS }, (_, i) => valueAt(i))
  const labels = Array.from({ length: ROWS }, (_, i) => [
    '__name__',
    'node_cpu_seconds_total',
    'cpu',
    `${i}`,
    'job',
    'node',
    'mode',
    'idle',
  ])
  const grid = { fromMs: 1_700_000_000_000, stepMs: 15_000, count: STEPS }
  return { kind: 'matrix', grid, labels, values, present: new Uint8Array(values.length).fill(1) }
}

function stringify(data: MatrixData): Uint8Array {
  const result = data.labels.map((labels, row) => ({
    metric: labelsToRecord(labels),
    values: Array.from({ length: STEPS }, (_, step) => [
      (data.grid.fromMs + step * data.grid.stepMs) / 1000,
      String(data.values[row * STEPS + step]),
    ]),
  }))
  const body = { status: 'success', data: { resultType: 'matrix', result } }
  return new TextEncoder().encode(JSON.stringify(body))
}

for (const [name, valueAt] of [
  ['counters', (i: number) => (i * 37) % 1_000_000],
  ['two decimals', (i: number) => ((i * 37) % 1_000_000) / 100],
  ['rates', (i: number) => Math.sqrt(i + 1)],
  ['one value', () => 0.25],
] as const) {
  const data = matrixOf(valueAt)
  const stats = { totalQueryableSamples: 0, peakSamples: 0 }
  const result: Result = { data, warnings: [], infos: [], stats }
  const laps = race(ROWS * STEPS, TURNS, {
    writeResult: () => writeResult(result),
    'objects and JSON.stringify': () => stringify(data),
  })
  printLaps(name, laps)
}
