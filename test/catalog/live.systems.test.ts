/** Exporters of machines and their services. The runner finds the components that missingComponents asks for. */
import { SYSTEMS } from '../support/exporters/systems.ts'
import { testLive } from './live.ts'

testLive(SYSTEMS)
