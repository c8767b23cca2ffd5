/** Reads the newest rows again and again in a thread of its own, and checks every cell. */
import { parentPort, workerData } from 'node:worker_threads'
import { openStoreReader } from '../../../src/store/metrics/store.ts'
import { unlimited } from './support.ts'

const { data, seriesCount, skewMs, stop } = workerData as {
  data: unknown
  seriesCount: number
  skewMs: number
  stop: Int32Array
}
const reader = openStoreReader(data)
const faults: string[] = []
let queries = 0
let cells = 0
let newestMs = 0
while (Atomics.load(stop, 0) === 0 && faults.length < 5) {
  // What was acknowledged before the query began must be in the answer.
  const acknowledged = Atomics.load(stop, 1)
  const found = reader.select([{ name: 'job', op: '=', value: 'x' }], 0, 1e13, unlimited)
  queries++
  Atomics.store(stop, 2, queries)
  if (acknowledged > 0 && found.length !== seriesCount) faults.push(`${found.length} series`)
  for (const series of found) {
    const number = Number(series.labels[series.labels.indexOf('n') + 1])
    const length = series.to - series.from
    if (length < acknowledged) faults.push(`series ${number}: ${length} rows of ${acknowledged}`)
    for (let i = 0; i < length; i++) {
      const time = series.times[series.from + i]
      cells++
      if (time !== i * 1000 + number * skewMs) {
        faults.push(`series ${number}: row ${i} at ${time}`)
        break
      }
      if (series.values[series.from + i] !== (number % 3 === 0 ? number : i * number)) {
        faults.push(`series ${number}: value ${series.values[series.from + i]} in row ${i}`)
        break
      }
      newestMs = time
    }
  }
}
reader.close()
parentPort?.postMessage({ queries, cells, faults, newestMs })
