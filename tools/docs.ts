/** Writes docs/flags.md and docs/limits.md from the tables in the code. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AGENT } from '../src/cli/agentflags.ts'
import { CHECK } from '../src/cli/checkflags.ts'
import type { CommandSpec, Flag } from '../src/cli/flags.ts'
import { GATEWAY } from '../src/cli/gatewayflags.ts'
import { HUB_TOOLS } from '../src/cli/hub/tools.ts'
import { HUB } from '../src/cli/hubflags.ts'
import { INGESTER } from '../src/cli/ingesterflags.ts'
import { SERVER } from '../src/cli/serverflags.ts'
import { UP } from '../src/cli/upflags.ts'
import { limitsPage } from './limitspage.ts'

/** Headings of groups: a flag belongs to the word before its first dot. */
const GROUPS: Readonly<Record<string, string>> = {
  config: 'Configuration',
  shard: 'Shards',
  gateway: 'Agents that connect',
  database: 'Records',
  hub: 'Registry and accounts',
  storage: 'Storage',
  catalog: 'Catalogue',
  send: 'Sending',
  'remote-write': 'Sending',
  web: 'Listening and access',
  query: 'Queries',
  limit: 'Limits on what is taken in',
  otlp: 'OTLP',
  push: 'Batch jobs',
  scrape: 'Scraping',
  'enable-feature': 'Features',
  targets: 'What is installed',
  job: 'What is installed',
  to: 'What is installed',
  interval: 'What is installed',
  url: 'A server that runs',
  source: 'Content sources',
  type: 'Content sources',
  repository: 'Content sources',
  address: 'Content sources',
  branch: 'Content sources',
  path: 'Content sources',
  'refresh-interval': 'Content sources',
  'token-file': 'Content sources',
  role: 'What is worked on',
  'password-file': 'What is worked on',
  expires: 'What is worked on',
  format: 'What is worked on',
  'seen-version': 'What is worked on',
  'dry-run': 'What is worked on',
  set: 'What is worked on',
  remove: 'What is worked on',
  whole: 'What is worked on',
  search: 'What is worked on',
  before: 'What is worked on',
  group: 'What is worked on',
  target: 'What is worked on',
  label: 'What is worked on',
  ttl: 'What is worked on',
  runtime: 'Memory of the process',
  'syntax-only': 'How it looks',
  agent: 'How it looks',
  log: 'Logging',
}

const ROLES: readonly CommandSpec[] = [UP, SERVER, AGENT, GATEWAY, INGESTER, HUB]
/** The generated pages by their path below the checkout. */
export async function makePages(): Promise<ReadonlyMap<string, string>> {
  const tools = await Promise.all(Object.values(HUB_TOOLS).map((load) => load()))
  const specs = new Set(tools.flat().map(({ spec }) => spec))
  return new Map([
    ['docs/flags.md', flagsPage([...ROLES, ...specs, CHECK])],
    ['docs/limits.md', limitsPage()],
  ])
}

function flagsPage(commands: readonly CommandSpec[]): string {
  const intro = [
    '# Flags',
    '',
    'Made by `npm run docs` from the tables that the program itself reads its command line with; `narthex up --help` says the same.',
    'A flag is written `--name=value` or `--name value`. Sizes take B, KB, MB, GB, TB in steps of 1,024; durations ms, s, m, h, d,',
    'w, y, also joined as in `1h30m`. Wrong usage ends with exit code 2 and a line that says what is wanted. What the running server',
    'was given stands at `/flags` and in `/api/v1/status/flags`.',
  ]
  return `${[...intro, ...commands.flatMap(commandLines)].join('\n')}\n`
}

function commandLines(command: CommandSpec): string[] {
  const lines = ['', `## \`${command.name}\``, '', command.summary]
  const groups = Map.groupBy(command.flags, groupOf)
  for (const [group, flags] of groups) {
    if (groups.size > 1) lines.push('', `### ${group}`)
    lines.push('', '| flag | default | |', '| --- | --- | --- |', ...flags.map(flagLine))
  }
  return lines
}

function groupOf({ name }: Flag): string {
  const group = GROUPS[name.split('.', 1)[0]]
  if (group === undefined) throw new Error(`BUG: --${name} belongs to no group`)
  return group
}

function flagLine(flag: Flag): string {
  const given = flag.value === undefined ? '' : ` <${flag.value}>`
  const preset = flag.preset === undefined ? '' : `\`${flag.preset}\``
  return `| \`--${flag.name}${given}\` | ${preset} | ${flag.help.replaceAll('|', '\\|')} |`
}

async function main(): Promise<void> {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  for (const [path, text] of await makePages()) writeFileSync(join(root, path), text)
}

if (import.meta.main) await main()
