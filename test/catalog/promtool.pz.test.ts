/** Rules of the entries from 'p' up to '~', by promtool. The runner finds the components that missingComponents asks for. */
import { testRules } from './rules.ts'

testRules('p', '~')
