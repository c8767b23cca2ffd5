/** Accumulators of aggregations: one row of state per group, fed row by row. */

/**
 * State of all groups of one aggregation over a grid of `count` steps; group g has the slots
 * [g * count, (g + 1) * count) of each array. `add` takes one input row into a group, `finish`
 * turns the state into results in `values` where `seen` is not 0.
 */
export interface GroupState {
  /** The running value, and after `finish` the result. */
  values: Float64Array
  /** 1 where the group has had a sample. */
  seen: Uint8Array
  /** Compensation of the running value. */
  rest: Float64Array
  /** How many samples. */
  counts: Float64Array
  /** The running mean. */
  means: Float64Array
  /** 1 once a mean is kept instead of a sum. */
  running: Uint8Array
}

/** Takes `count` slots of an input row at `rowAt` into the group that starts at `at`. */
export type GroupAdd = (
  state: GroupState,
  at: number,
  values: Float64Array,
  present: Uint8Array,
  rowAt: number,
  count: number,
) => void

/** Turns the slots [0, size) of the state into results. */
export type GroupFinish = (state: GroupState, size: number) => void

/** Which arrays an aggregation needs beside `values` and `seen`. */
export interface GroupKernel {
  readonly needs: readonly ('rest' | 'counts' | 'means' | 'running')[]
  readonly add: GroupAdd
  readonly finish: GroupFinish
}

const keep: GroupFinish = () => {}

/** Kahan's sum in Neumaier's form, in the order of the rows. */
const addSum: GroupAdd = (state, at, values, present, rowAt, count) => {
  const { values: sums, seen, rest } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    const slot = at + i
    const value = values[rowAt + i]
    if (seen[slot] === 0) {
      seen[slot] = 1
      sums[slot] = value
      continue
    }
    const sum = sums[slot]
    const next = sum + value
    if (next === Infinity || next === -Infinity) rest[slot] = 0
    else if (Math.abs(sum) >= Math.abs(value)) rest[slot] += sum - next + value
    else rest[slot] += value - next + sum
    sums[slot] = next
  }
}

const finishSum: GroupFinish = (state, size) => {
  const { values, rest } = state
  for (let i = 0; i < size; i++) values[i] += rest[i]
}

/** Compensated sum and count, or a running mean once the sum overflows. */
const addMean: GroupAdd = (state, at, values, present, rowAt, count) => {
  const { values: sums, seen, rest, counts, means, running } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    const slot = at + i
    const value = values[rowAt + i]
    if (seen[slot] === 0) {
      seen[slot] = 1
      sums[slot] = value
      counts[slot] = 1
      continue
    }
    const size = counts[slot] + 1
    counts[slot] = size
    if (running[slot] === 0) {
      const sum = sums[slot]
      const next = sum + value
      if (next !== Infinity && next !== -Infinity) {
        if (Math.abs(sum) >= Math.abs(value)) rest[slot] += sum - next + value
        else rest[slot] += value - next + sum
        sums[slot] = next
        continue
      }
      running[slot] = 1
      means[slot] = sum / (size - 1)
      rest[slot] = rest[slot] / (size - 1)
    }
    const share = (size - 1) / size
    const scaled = share * means[slot]
    const part = value / size
    const next = scaled + part
    let left = rest[slot] * share
    if (next === Infinity || next === -Infinity) left = 0
    else if (Math.abs(scaled) >= Math.abs(part)) left += scaled - next + part
    else left += part - next + scaled
    rest[slot] = left
    means[slot] = next
  }
}

const finishMean: GroupFinish = (state, size) => {
  const { values, rest, counts, means, running } = state
  for (let i = 0; i < size; i++) {
    values[i] = running[i] === 1 ? means[i] + rest[i] : values[i] / counts[i] + rest[i] / counts[i]
  }
}

const addCount: GroupAdd = (state, at, _values, present, rowAt, count) => {
  const { values: counts, seen } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    seen[at + i] = 1
    counts[at + i]++
  }
}

const addOne: GroupAdd = (state, at, _values, present, rowAt, count) => {
  const { values: ones, seen } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    seen[at + i] = 1
    ones[at + i] = 1
  }
}

const addMin: GroupAdd = (state, at, values, present, rowAt, count) => {
  const { values: least, seen } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    const slot = at + i
    const value = values[rowAt + i]
    const known = least[slot]
    if (seen[slot] === 0 || value < known || Number.isNaN(known)) {
      seen[slot] = 1
      least[slot] = value
    }
  }
}

const addMax: GroupAdd = (state, at, values, present, rowAt, count) => {
  const { values: most, seen } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    const slot = at + i
    const value = values[rowAt + i]
    const known = most[slot]
    if (seen[slot] === 0 || value > known || Number.isNaN(known)) {
      seen[slot] = 1
      most[slot] = value
    }
  }
}

/** Welford: `values` holds the sum of squared distances; an infinity or NaN makes it NaN. */
const addVariance: GroupAdd = (state, at, values, present, rowAt, count) => {
  const { values: squares, seen, counts, means } = state
  for (let i = 0; i < count; i++) {
    if (present[rowAt + i] === 0) continue
    const slot = at + i
    const value = values[rowAt + i]
    if (seen[slot] === 0) {
      seen[slot] = 1
      counts[slot] = 1
      means[slot] = value
      squares[slot] = Number.isFinite(value) ? 0 : Number.NaN
      continue
    }
    counts[slot]++
    const delta = value - means[slot]
    means[slot] += delta / counts[slot]
    squares[slot] += delta * (value - means[slot])
  }
}

const finishVariance: GroupFinish = (state, size) => {
  const { values, counts } = state
  for (let i = 0; i < size; i++) values[i] = values[i] / counts[i]
}

const finishDeviation: GroupFinish = (state, size) => {
  const { values, counts } = state
  for (let i = 0; i < size; i++) values[i] = Math.sqrt(values[i] / counts[i])
}

/** Kernels by aggregation. @source Prometheus promql/engine.go, aggregation */
export const GROUP_KERNELS: ReadonlyMap<string, GroupKernel> = new Map<string, GroupKernel>([
  ['sum', { needs: ['rest'], add: addSum, finish: finishSum }],
  ['avg', { needs: ['rest', 'counts', 'means', 'running'], add: addMean, finish: finishMean }],
  ['count', { needs: [], add: addCount, finish: keep }],
  ['group', { needs: [], add: addOne, finish: keep }],
  ['min', { needs: [], add: addMin, finish: keep }],
  ['max', { needs: [], add: addMax, finish: keep }],
  ['stdvar', { needs: ['counts', 'means'], add: addVariance, finish: finishVariance }],
  ['stddev', { needs: ['counts', 'means'], add: addVariance, finish: finishDeviation }],
])
