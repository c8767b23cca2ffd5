/** Rules of the entries from '' up to 'e', by promtool. The runner finds the components that missingComponents asks for. */
import { testRules } from './rules.ts'

testRules('', 'e')
