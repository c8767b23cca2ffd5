/** `narthex ingester`. */
import { startIngester } from '../roles/ingester.ts'
import { INGESTER, readIngesterOptions } from './ingesterflags.ts'
import { runRole } from './run.ts'

await runRole({ spec: INGESTER, read: readIngesterOptions, start: startIngester })
