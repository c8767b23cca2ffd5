/** `narthex up`: its flags, and the end of the process. */

import { messageOf, NarthexError } from '../base/error.ts'
import { Lifecycle } from '../base/lifecycle.ts'
import { openLog } from '../base/log.ts'
import { startUp } from '../roles/up.ts'
import { parseFlags } from './flags.ts'
import { tolerateClosedPipe } from './pipe.ts'
import { readUpOptions, UP } from './upflags.ts'

/** Longest the parts may take to stop, in ms; what is in the log by then is kept anyway. */
const STOP_MS_MAX = 4500

async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseFlags(UP, argv)
  if (parsed.outcome === 'exit') {
    process.exitCode = parsed.code
    return
  }
  const life = new Lifecycle()
  try {
    const options = readUpOptions(parsed.values, parsed.texts)
    const log = openLog(options.logLevel)
    const up = await startUp(options, log, life)
    for (const url of up.urls) console.log(`narthex is ready: ${url}`)
    process.on('SIGHUP', () => void up.reload().catch(() => undefined))
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      // Not once: npm passes on what the terminal has sent already, and a second one would kill.
      process.on(signal, () => void end(life, 0, log.error))
    }
    process.on('uncaughtException', (error) => {
      log.error('stopping after a mistake of ours', { error: error.stack ?? String(error) })
      void end(life, 1, log.error)
    })
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    console.error(`narthex up: ${messageOf(error)}`)
    await end(life, error.kind === 'bad_data' ? 2 : 1, console.error)
  }
}

/** Stops what runs and ends the process; a part that hangs does not keep it from ending. */
async function end(life: Lifecycle, code: number, say: (text: string) => void): Promise<never> {
  setTimeout(() => process.exit(code === 0 ? 1 : code), STOP_MS_MAX).unref()
  try {
    await life.stop()
  } catch (error) {
    say(`cannot stop cleanly: ${messageOf(error)}`)
    process.exit(1)
  }
  process.exit(code)
}

tolerateClosedPipe()
await main(process.argv.slice(3))
