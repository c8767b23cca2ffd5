/** What a tool of `narthex hub` is, and how it ends: lines, one line that says why not, an exit code. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { type CommandSpec, parseFlags } from '../flags.ts'
import { FlagReader } from '../sharedflags.ts'

/** One tool; the name of its spec are the words by which it is called. */
export interface HubTool {
  readonly spec: CommandSpec
  run(flags: FlagReader, words: readonly string[]): Promise<ToolOutcome>
}

/** What a tool has to say once it is done. */
export interface ToolOutcome {
  /** On standard output, a line each. */
  readonly lines: readonly string[]
  /** On standard error, a line each; with any of them the exit code is 1. */
  readonly faults?: readonly string[]
}

/** Before the words of every tool. */
const PREFIX = 'narthex hub '

/** Runs the tool that the words call. @returns the exit code: 0 done, 1 it could not be done, 2 wrong usage */
export async function runHubTool(
  tools: readonly HubTool[],
  argv: readonly string[],
): Promise<number> {
  const tool = findTool(tools, argv)
  if (tool === undefined) return listTools(tools, argv)
  const { spec, run } = tool
  const parsed = parseFlags(spec, argv.slice(wordsOf(tool).length))
  if (parsed.outcome === 'exit') return parsed.code
  try {
    const { lines, faults = [] } = await run(new FlagReader(parsed.values), parsed.words)
    if (lines.length > 0) console.log(lines.join('\n'))
    if (faults.length > 0) console.error(faults.join('\n'))
    return faults.length > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    console.error(`${spec.name}: ${messageOf(error)}`)
    return error.kind === 'bad_data' ? 2 : 1
  }
}

function findTool(tools: readonly HubTool[], argv: readonly string[]): HubTool | undefined {
  return tools.find((tool) => wordsOf(tool).every((word, at) => argv.at(at) === word))
}

function wordsOf({ spec }: HubTool): string[] {
  return spec.name.slice(PREFIX.length).split(' ')
}

/** Where no tool is called: those that there are, which is help (0) or wrong usage (2). */
function listTools(tools: readonly HubTool[], argv: readonly string[]): number {
  const isHelp = argv.some((word) => word === '--help' || word === '-h')
  const widthMax = Math.max(...tools.map(({ spec }) => spec.name.length))
  const known = tools.map(({ spec }) => `  ${spec.name.padEnd(widthMax)}  ${spec.summary}`)
  if (isHelp) {
    console.log(known.join('\n'))
    return 0
  }
  console.error([`cannot run ${PREFIX}${argv.slice(0, 2).join(' ')}: wanted`, ...known].join('\n'))
  return 2
}
