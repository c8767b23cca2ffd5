/** `narthex up`. */
import './hangup.ts' // before the rooms: loading them takes a while

import { startUp } from '../roles/up.ts'
import { runRole } from './run.ts'
import { readUpOptions, UP } from './upflags.ts'

await runRole({ spec: UP, read: readUpOptions, start: startUp })
