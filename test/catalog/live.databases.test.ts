/** Exporters of databases. The runner finds the components that missingComponents asks for. */
import { DATABASES } from '../support/exporters/databases.ts'
import { testLive } from './live.ts'

testLive(DATABASES)
