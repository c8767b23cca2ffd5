/**
 * Frames of a real exporter's rows: a framed row against encoding and compressing, a sample each;
 * bytes a sample row by row; what building and 2 % churn cost.
 *
 * Reads the captures and the generator of `../shared/harness`.
 */
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { Block, KnownTexts } from '../../../src/send/frame/block.ts'
import { FrameSet } from '../../../src/send/frame/frameset.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { encodeSnappy, snappyEncodedBytesMax } from '../../../src/wire/snappy.ts'
import { encodeWrite1 } from '../../../test/support/writerequest.ts'
import { printLaps, race } from '../../race.ts'

const SAMPLES_MAX = 2000
const TARGETS = 20
const ROWS = 240
const TURNS = 15

interface Line {
  readonly key?: string
}

interface Trajectory {
  readonly cur: Float64Array
  next(): void
}

const harness = new URL('../../../../shared/harness/', import.meta.url)
const { loadModel, parseKey, Trajectory } = await import(new URL('lib/expo.js', harness).href)
const model: { lines: Line[] } = loadModel(new URL('captures', harness).pathname)
const keys = model.lines.flatMap((line) => line.key ?? [])
const seriesCount = keys.length

const labelsOf: Labels[] = []
for (let target = 0; target < TARGETS; target++) {
  for (const key of keys) {
    const pairs: [string, string][] = parseKey(key)
    pairs.push(['instance', `127.0.1.${target + 1}:19555`], ['job', 'node'], ['cluster', 'eu1'])
    labelsOf.push(labelsFrom(pairs))
  }
}
const view = {
  labels: (id: number) => labelsOf[id % labelsOf.length],
  targetKey: (id: number) => `node/${Math.floor(id / seriesCount)}`,
}

function parcelOf(ids: Float64Array, values: Float64Array, timeMs: number): Parcel {
  const lane = 0
  const none = { times: undefined, histograms: [], exemplars: [], takenMs: 0 }
  return { lane, count: ids.length, ids, values, timeMs, ...none }
}

function idsOf(target: number): Float64Array {
  return Float64Array.from({ length: seriesCount }, (_, i) => target * seriesCount + i)
}

const proto = new ProtoWriter(1 << 20)
let packed = new Uint8Array(1 << 20)

/** CPU time of the process: others on the machine do not count. */
function cpuMsNow(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** One row the plain way; how many bytes that makes. */
function encodePlain(row: Parcel): number {
  const times = Float64Array.of(row.timeMs)
  const series = Array.from(row.ids, (id, i) => ({
    labels: view.labels(id),
    times,
    values: row.values.subarray(i, i + 1).slice(),
  }))
  const raw = encodeWrite1(series, proto)
  const sizeBytesMax = snappyEncodedBytesMax(raw.length)
  if (packed.length < sizeBytesMax) packed = new Uint8Array(sizeBytesMax)
  return encodeSnappy(raw, raw.length, packed)
}

const room = new Uint8Array(1 << 20)
const texts = new KnownTexts()

function take(frames: FrameSet, row: Parcel): number {
  const parts = frames.encode(row, SAMPLES_MAX)
  if (parts === undefined) return -1
  const block = new Block(room, 0, texts)
  texts.clear()
  for (const part of parts) part.write(row, block)
  return block.to
}

const trajectories: Trajectory[] = []
for (let target = 0; target < TARGETS; target++)
  trajectories.push(new Trajectory(model, target + 1))
const ids = trajectories.map((_, target) => idsOf(target))

/** All rows of all targets at one time. */
function rowsAt(step: number): Parcel[] {
  return trajectories.map((trajectory, target) => {
    const values = trajectory.cur.slice()
    trajectory.next()
    return parcelOf(ids[target], values, 1_795_218_549_000 + 15_000 * step + target)
  })
}

console.log(`${TARGETS} targets of ${seriesCount} series`)
const frames = new FrameSet(view)
let cpuMs = 0
let buildMs = 0
for (let step = 0; step < ROWS; step++) {
  const rows = rowsAt(step)
  const started = cpuMsNow()
  let sizeBytes = 0
  for (const row of rows) sizeBytes += take(frames, row)
  const tookMs = cpuMsNow() - started
  if (step === 1) buildMs = tookMs
  if (step > 1) cpuMs += tookMs
  if (step > 0 && (step < 4 || step % 24 === 10)) {
    const ofPlain = encodePlain(rows[0]) / seriesCount
    const perSample = sizeBytes / TARGETS / seriesCount
    const memory = frames.sizeBytes / TARGETS / seriesCount
    console.log(
      `  row ${step}: ${perSample.toFixed(2)} bytes a sample (plain ${ofPlain.toFixed(2)}), ` +
        `${memory.toFixed(1)} bytes a series held, ${((tookMs * 1e6) / TARGETS / seriesCount).toFixed(0)} ns`,
    )
  }
}
console.log(`  built: ${((buildMs * 1000) / TARGETS / seriesCount).toFixed(2)} ms a 1,000 series`)
const mean = (cpuMs * 1e6) / (ROWS - 2) / TARGETS / seriesCount
console.log(`  mean of all rows, building included: ${mean.toFixed(0)} ns a sample`)

const prepared = Array.from({ length: 24 }, (_, step) => rowsAt(ROWS + step))
for (const rows of prepared) for (const row of rows) take(frames, row)
printLaps(
  'one row',
  race(prepared.length * TARGETS * seriesCount, TURNS, {
    'framed row': () => {
      for (const rows of prepared) for (const row of rows) take(frames, row)
    },
  }),
)
printLaps(
  'one row, plain',
  race(seriesCount, TURNS, { 'objects, protobuf, snappy': () => encodePlain(prepared[0][0]) }),
)

/** Every row has 2 % series that the one before did not have, and lacks as many. */
const churning = new FrameSet(view)
let fresh = TARGETS * seriesCount * 1000
let row = prepared[0][0]
let churnMs = 0
let churnBytes = 0
const CHURN_ROWS = 400
for (let step = 0; step < CHURN_ROWS; step++) {
  const { cur } = trajectories[0]
  const changed = row.ids.slice()
  for (let i = step % 50; i < seriesCount; i += 50) {
    changed[i] = fresh + i
  }
  fresh += labelsOf.length
  const started = cpuMsNow()
  row = parcelOf(changed, cur.slice(), row.timeMs + 15_000)
  const sizeBytes = take(churning, row)
  if (step > 2) churnMs += cpuMsNow() - started
  if (step > 2) churnBytes += sizeBytes
  trajectories[0].next()
}
const samples = (CHURN_ROWS - 3) * seriesCount
console.log(
  `2 % churn on every row: ${((churnMs * 1e6) / samples).toFixed(0)} ns and ${(churnBytes / samples).toFixed(1)} bytes a sample`,
)
