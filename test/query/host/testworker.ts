/** A query worker over a store in memory that can be told to hang, to fail or to die. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../../src/base/error.ts'
import type { QueryWorkerData } from '../../../src/query/host/protocol.ts'
import { serveQueries } from '../../../src/query/host/worker.ts'
import { MemoryQueryable, type Shape } from './memory.ts'

/** What the store of a test does when it is read. */
export interface TestStore {
  readonly shape: Shape
  readonly mischief: 'none' | 'spin' | 'spin politely' | 'exit' | 'fill the heap' | 'bug'
  /** int32[2]: how many reads have begun; how many times a worker was started. */
  readonly seen: SharedArrayBuffer
}

assert(parentPort !== null, 'to be a worker')
const { store, host }: QueryWorkerData<TestStore> = workerData
const seen = new Int32Array(store.seen)
const flag = new Int32Array(host.flag)
const source = new MemoryQueryable(store.shape)
source.onRead = () => {
  Atomics.add(seen, 0, 1)
  Atomics.notify(seen, 0)
  if (store.mischief === 'spin') for (;;) Atomics.load(flag, 0)
  if (store.mischief === 'spin politely') while (Atomics.load(flag, 0) === 0);
  if (store.mischief === 'exit') process.exit(3)
  if (store.mischief === 'bug') throw new TypeError('not a function')
  if (store.mischief === 'fill the heap') {
    const hoard: object[] = []
    for (;;) hoard.push({ hoard })
  }
}
Atomics.add(seen, 1, 1)
serveQueries(parentPort, Object.assign(source, { recycle() {} }), host)
