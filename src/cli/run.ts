/** Runs a role: its flags, its signals, and the end of the process. */
import { messageOf, NarthexError } from '../base/error.ts'
import { Lifecycle } from '../base/lifecycle.ts'
import { type Log, openLog } from '../base/log.ts'
import type { Running } from '../roles/running.ts'
import { type CommandSpec, type FlagValues, parseFlags } from './flags.ts'
import { onHangup } from './hangup.ts'
import { tolerateClosedPipe } from './pipe.ts'
import { FlagReader } from './sharedflags.ts'

/** Longest the parts may take to stop, in ms; what is in the log by then is kept anyway. */
const STOP_MS_MAX = 4500

/** A role and its command line. */
export interface RoleCommand<O> {
  readonly spec: CommandSpec
  readonly read: (values: FlagValues, texts: ReadonlyMap<string, string>) => O
  readonly start: (options: O, log: Log, life: Lifecycle) => Promise<Running>
}

/** Runs until a signal or a mistake of ours ends it. */
export async function runRole<O>(
  command: RoleCommand<O>,
  argv: readonly string[] = process.argv.slice(3),
): Promise<void> {
  tolerateClosedPipe()
  const parsed = parseFlags(command.spec, argv)
  if (parsed.outcome === 'exit') {
    process.exitCode = parsed.code
    return
  }
  const life = new Lifecycle()
  try {
    const log = openLog(new FlagReader(parsed.values).logLevel())
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      // Not once: npm passes on what the terminal has sent already, and a second one would kill.
      process.on(signal, () => void end(life, 0, log.error))
    }
    process.on('uncaughtException', (error) => {
      log.error('stopping after a mistake of ours', { error: error.stack ?? String(error) })
      void end(life, 1, log.error)
    })
    const running = await command.start(command.read(parsed.values, parsed.texts), log, life)
    onHangup(() => void running.reload().catch(() => undefined))
    for (const url of running.urls) console.log(`narthex is ready: ${url}`)
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    console.error(`${command.spec.name}: ${messageOf(error)}`)
    await end(life, error.kind === 'bad_data' ? 2 : 1, console.error)
  }
}

/** Stops what runs and ends the process; a part that hangs does not keep it from ending. */
async function end(life: Lifecycle, code: number, say: (text: string) => void): Promise<never> {
  // It also keeps the process while parts wait by timers alone: those do not hold it themselves.
  setTimeout(() => process.exit(code === 0 ? 1 : code), STOP_MS_MAX)
  try {
    await life.stop()
  } catch (error) {
    say(`cannot stop cleanly: ${messageOf(error)}`)
    process.exit(1)
  }
  process.exit(code)
}
