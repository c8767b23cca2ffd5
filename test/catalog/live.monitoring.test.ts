/** Exporters of monitoring itself. The runner finds the components that missingComponents asks for. */
import { MONITORING } from '../support/exporters/monitoring.ts'
import { testLive } from './live.ts'

testLive(MONITORING)
