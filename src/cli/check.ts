/** `narthex check config`: looks at a file before it is used; promtool's exit codes. */

import { checkConfig } from '../config/check.ts'
import { CHECK } from './checkflags.ts'
import { parseFlags } from './flags.ts'
import { tolerateClosedPipe } from './pipe.ts'

function main(argv: readonly string[]): number {
  const [what, ...rest] = argv
  if (what !== 'config') {
    const wrong = what !== undefined && what !== '--help' && what !== '-h'
    if (wrong) {
      console.error(`cannot check: unknown word ${JSON.stringify(what)}, wanted config`)
      return 2
    }
    rest.splice(0, rest.length, '--help')
  }
  const parsed = parseFlags(CHECK, rest)
  if (parsed.outcome === 'exit') return what === undefined ? 2 : parsed.code
  const result = checkConfig(parsed.words, {
    syntaxOnly: parsed.values.get('syntax-only') === true,
    agent: parsed.values.get('agent') === true,
  })
  if (result.stdout.length > 0) console.log(result.stdout.join('\n'))
  if (result.stderr.length > 0) console.error(result.stderr.join('\n'))
  return result.exitCode
}

tolerateClosedPipe()
process.exitCode = main(process.argv.slice(3))
