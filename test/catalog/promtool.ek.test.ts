/** Rules of the entries from 'e' up to 'kb', by promtool. The runner finds the components that missingComponents asks for. */
import { testRules } from './rules.ts'

testRules('e', 'kb')
