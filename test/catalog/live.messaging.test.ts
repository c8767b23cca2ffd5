/** Exporters of servers that pass messages on. The runner finds the components that missingComponents asks for. */
import { MESSAGING } from '../support/exporters/messaging.ts'
import { testLive } from './live.ts'

testLive(MESSAGING)
