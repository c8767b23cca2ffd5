/** Rules of the entries from 'kb' up to 'p', by promtool. The runner finds the components that missingComponents asks for. */
import { testRules } from './rules.ts'

testRules('kb', 'p')
