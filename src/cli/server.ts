/** `narthex server`. */
import './hangup.ts' // before the rooms: loading them takes a while

import { startServerRole } from '../roles/server.ts'
import { runRole } from './run.ts'
import { readServerOptions, SERVER } from './serverflags.ts'

await runRole({ spec: SERVER, read: readServerOptions, start: startServerRole })
