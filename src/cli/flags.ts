/** Flags as a table: one place for parsing, help and the page of all flags. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../base/error.ts'
import { SECRET_TEXT, Secret } from '../base/secret.ts'

/** How the text of a flag becomes a value. */
export type FlagParser<T> = (text: string) => T

/** One flag; its name is Prometheus's where Prometheus has one. */
export interface Flag<T = unknown> {
  /** Without the dashes: `storage.path`. */
  readonly name: string
  /** Word for the value in the help; absent for a switch. */
  readonly value?: string
  readonly help: string
  /** Text of the default, parsed like given text; absent for none. */
  readonly preset?: string
  readonly parse?: FlagParser<T>
  /** May be given more than once, or with commas; the value is then a list. */
  readonly many?: boolean
  /** A text of `many` has no commas that part it. */
  readonly isWhole?: boolean
  /** Its text is shown nowhere; the value is a Secret, checked where it is used. */
  readonly isSecret?: boolean
}

/** Values by flag name; lists for flags that may be given more than once. */
export type FlagValues = ReadonlyMap<string, unknown>

/** What a command line comes to. */
export type Parsed =
  | {
      readonly outcome: 'run'
      readonly values: FlagValues
      /** As given, or the preset; for people. */
      readonly texts: ReadonlyMap<string, string>
      readonly words: readonly string[]
    }
  /** Help was asked for and printed (0), or the usage was wrong and said so (2). */
  | { readonly outcome: 'exit'; readonly code: 0 | 2 }

/** Describes one command. */
export interface CommandSpec {
  readonly name: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** Positional arguments in commander's notation. */
  readonly arguments?: string
  /** Printed under the flags. */
  readonly footer?: string
}

/** Reads the words of a command line; prints help and usage errors itself. */
export function parseFlags(spec: CommandSpec, argv: readonly string[]): Parsed {
  const command = new Command(spec.name)
    .description(spec.summary)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageFault(spec.name, text)) })
    .configureHelp({ helpWidth: 100 })
    .helpOption('-h, --help', 'show this help')
  if (spec.arguments !== undefined) command.arguments(spec.arguments)
  if (spec.footer !== undefined) command.addHelpText('after', `\n${spec.footer}`)

  const values = new Map<string, unknown>()
  const texts = new Map<string, string>()
  const switches = new Map<string, Option>()
  for (const flag of spec.flags) {
    const option = makeOption(flag, values, texts)
    values.set(flag.name, presetOf(flag))
    texts.set(flag.name, flag.preset ?? '')
    if (flag.value === undefined) switches.set(flag.name, option)
    command.addOption(option)
  }
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      return { outcome: 'exit', code: error.exitCode === 0 ? 0 : 2 }
    }
    throw error
  }
  for (const [name, option] of switches) {
    const isOn = command.getOptionValue(option.attributeName()) === true
    values.set(name, isOn)
    texts.set(name, String(isOn))
  }
  return { outcome: 'run', values, texts, words: command.args }
}

/** What commander says of a wrong command line, on one line and as everything else is said. */
function usageFault(name: string, text: string): string {
  const [what, ...hints] = text.trimEnd().split('\n')
  return `${[`${name}: ${what.replace(/^error: /, '')}`, ...hints].join(' ')}, see ${name} --help\n`
}

function makeOption(flag: Flag, values: Map<string, unknown>, texts: Map<string, string>): Option {
  const given = flag.value === undefined ? '' : ` <${flag.value}>`
  const preset = flag.preset === undefined || flag.preset === '' ? '' : ` (default ${flag.preset})`
  const option = new Option(`--${flag.name}${given}`, `${flag.help}${preset}`)
  if (flag.value === undefined) return option
  let seen = false
  return option.argParser((text) => {
    try {
      const parsed = readValue(flag, text)
      if (flag.many === true && seen) {
        values.set(flag.name, [...(values.get(flag.name) as unknown[]), ...(parsed as unknown[])])
      } else {
        values.set(flag.name, parsed)
      }
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error))
    }
    const shown = flag.isSecret === true ? SECRET_TEXT : text
    texts.set(flag.name, seen ? `${texts.get(flag.name)},${shown}` : shown)
    seen = true
    return text
  })
}

function presetOf(flag: Flag): unknown {
  if (flag.value === undefined) return false
  if (flag.preset === undefined) return flag.many === true ? [] : undefined
  return readValue(flag, flag.preset)
}

function readValue(flag: Flag, text: string): unknown {
  if (flag.isSecret === true) return new Secret(text)
  const parse = flag.parse ?? ((each: string) => each)
  if (flag.many !== true) return parse(text)
  if (flag.isWhole === true) return [parse(text)]
  return text
    .split(',')
    .filter((each) => each !== '')
    .map((each) => parse(each))
}
