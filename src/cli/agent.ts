/** `narthex agent`. */
import { startAgent } from '../roles/agent.ts'
import { AGENT, readAgentOptions } from './agentflags.ts'
import { runRole } from './run.ts'

await runRole({ spec: AGENT, read: readAgentOptions, start: startAgent })
