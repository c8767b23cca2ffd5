/** `narthex gateway`. */
import './hangup.ts' // before the rooms: loading them takes a while

import { startGateway } from '../roles/gateway.ts'
import { GATEWAY, readGatewayOptions } from './gatewayflags.ts'
import { runRole } from './run.ts'

await runRole({ spec: GATEWAY, read: readGatewayOptions, start: startGateway })
