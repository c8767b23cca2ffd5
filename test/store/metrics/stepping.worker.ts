/** A reader that stops at a point of its way, before or after any step that others can see. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Budget } from '../../../src/model/queryable.ts'
import { openStoreReader } from '../../../src/store/metrics/store.ts'
import * as step from './stepping.ts'

/** Thrown in the place of waiting for a writer that cannot go on. */
class Blocked extends Error {}

const { data, words }: step.SteppingData = workerData
const { load, store, add, wait, notify } = Atomics
let points = -1

function point(): void {
  if (points < 0 || points++ !== load(words, step.STOP_AT)) return
  const go = load(words, step.GO)
  tell(step.STOPPED)
  wait(words, step.GO, go)
}

function tell(state: number): void {
  store(words, step.STATE, state)
  notify(words, step.STATE)
}

Atomics.load = ((...args: Parameters<typeof load>) => {
  // The indexes of windows are this thread's own.
  if (!(args[0].buffer instanceof SharedArrayBuffer)) return load(...args)
  point()
  const value = load(...args)
  point()
  return value
}) as typeof load
Atomics.add = ((...args: Parameters<typeof add>) => {
  point()
  const value = add(...args)
  point()
  return value
}) as typeof add
Atomics.wait = (() => {
  throw new Blocked()
}) as typeof wait

const budget: Budget = {
  chargeSamples: point,
  chargeBytes: point,
  releaseBytes() {},
  check: point,
}

const EVERY = [{ name: '__name__', op: '=~', value: 'm.+' }] as const
const EVERY_AND_ONCE = [{ name: '__name__', op: '=~', value: 'm.+|once' }] as const

/** What is wrong with the answer to a question; '' when nothing is. */
function faultOf(question: (typeof step.QUESTIONS)[number], rounds: number): string {
  const fromMs = (rounds - 1) * step.ROUND_MS
  const toMs = fromMs + step.ROUND_MS - 1
  const last = String(rounds - 1)
  switch (question) {
    case 'select':
      return faultOfSeries(rounds)
    case 'series': {
      const { length } = reader.series([EVERY_AND_ONCE], fromMs, toMs, budget)
      // Those that came after the question may be among them.
      return length > step.GROUPS * step.SHAPES ? '' : `${length} series`
    }
    case 'values':
    case 'valuesOfAll': {
      const sets = question === 'values' ? [EVERY_AND_ONCE] : []
      const found = reader.labelValues('round', sets, fromMs, toMs, budget)
      return found.includes(last) ? '' : `values ${found.join()}, without ${last}`
    }
    case 'estimate': {
      const { seriesCount, sampleCount } = reader.estimate(EVERY, fromMs, toMs)
      const wanted = step.GROUPS * step.SHAPES
      return seriesCount >= wanted && sampleCount >= wanted * step.ROWS
        ? ''
        : `${seriesCount} series, ${sampleCount} samples`
    }
  }
}

/** Selects the newest rounds, sealed and open. */
function faultOfSeries(rounds: number): string {
  const first = Math.max(0, rounds - step.ROUNDS_SELECTED)
  const rowCount = (rounds - first) * step.ROWS
  const found = reader.select(EVERY, first * step.ROUND_MS, rounds * step.ROUND_MS - 1, budget)
  if (found.length !== step.GROUPS * step.SHAPES) return `${found.length} series selected`
  for (const { labels, times, values, from, to } of found) {
    const shape = Number(labels[labels.indexOf('__name__') + 1].slice(1))
    const group = Number(labels[labels.indexOf('instance') + 1].slice(1))
    if (to - from !== rowCount) return `${to - from} rows of ${rowCount}: ${labels}`
    for (let i = 0; i < rowCount; i++) {
      const row = first * step.ROWS + i
      if (times[from + i] !== step.timeOf(group, shape, row)) {
        return `time ${times[from + i]} in row ${row}`
      }
      if (values[from + i] !== step.cellOf(group, shape, row)) {
        return `value ${values[from + i]} in row ${row}`
      }
    }
  }
  return ''
}

function answer(): number {
  const question = step.QUESTIONS[load(words, step.QUESTION)]
  points = 0
  try {
    const fault = faultOf(question, load(words, step.ROUNDS))
    if (fault === '') return step.RIGHT
    parentPort?.postMessage(`${question}: ${fault}`)
    return step.WRONG
  } catch (error) {
    if (error instanceof Blocked) return step.BLOCKED
    parentPort?.postMessage(`${question}: ${String(error)}`)
    return step.WRONG
  } finally {
    points = -1
    reader.recycle()
  }
}

const reader = openStoreReader(data)
for (let job = 0; ; ) {
  wait(words, step.JOB, job)
  job = load(words, step.JOB)
  tell(answer())
}
