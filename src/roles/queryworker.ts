/** A worker thread that answers queries: the store's reader under the engine. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/error.ts'
import { serveQueries } from '../query/host/worker.ts'
import { openStoreReader } from '../store/metrics/store.ts'

assert(parentPort !== null, 'a worker thread')
serveQueries(parentPort, openStoreReader(workerData.store), workerData.host)
