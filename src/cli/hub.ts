/** `narthex hub`. */
import './hangup.ts' // before the rooms: loading them takes a while

import { startHub } from '../roles/hub.ts'
import { HUB, readHubOptions } from './hubflags.ts'
import { runRole } from './run.ts'

await runRole({ spec: HUB, read: readHubOptions, start: startHub })
