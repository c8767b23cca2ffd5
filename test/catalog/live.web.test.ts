/** Exporters of web servers and proxies. The runner finds the components that missingComponents asks for. */
import { WEB } from '../support/exporters/web.ts'
import { testLive } from './live.ts'

testLive(WEB)
