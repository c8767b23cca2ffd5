/** `narthex agent`. */
import './hangup.ts' // before the rooms: loading them takes a while

import { startAgent } from '../roles/agent.ts'
import { AGENT, readAgentOptions } from './agentflags.ts'
import { runRole } from './run.ts'

await runRole({ spec: AGENT, read: readAgentOptions, start: startAgent })
