/** `npm run catalog`: every entry with its flags and verified shares, and all that is wrong with them. */
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLog } from '../src/base/log.ts'
import { Metrics } from '../src/base/metrics.ts'
import { tolerateClosedPipe } from '../src/cli/pipe.ts'
import { formatProblem, Report } from '../src/config/report.ts'
import { openCatalogue } from '../src/hub/catalogue/catalogue.ts'
import { checkRuleTests } from '../src/hub/catalogue/ruletests.ts'
import { ALL_ENTRIES, type CatalogueView, type EntrySummary } from '../src/model/catalogue.ts'
import { findComponent } from './components.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The catalogue that comes with the program. */
export const CATALOG_FOLDER: string = join(root, 'catalog')

/** Longest that promtool may take with one file, in ms. */
const PROMTOOL_MS_MAX = 120_000

/** How much of what it says is shown. */
const SAID_LENGTH_MAX = 2000

/** @returns 1 when anything is wrong */
export async function main(folder: string, say: (line: string) => void): Promise<number> {
  const catalogue = await openCatalogue({ folder, log: silentLog, metrics: new Metrics() })
  const entries = catalogue.entries(ALL_ENTRIES)
  for (const line of table(entries)) say(line)
  const faults = [...catalogue.faults(), ...untestedAlerts(catalogue)]
  if (findComponent('promtool') === undefined) {
    say('promtool is not on this machine: rule files and their tests are not run')
  } else {
    const names = entries.filter(({ content }) => content.A).map(({ name }) => name)
    faults.push(...(await runPromtool(folder, names)))
  }
  for (const fault of faults) say(fault)
  say(sumsOf(entries, faults.length))
  return faults.length === 0 ? 0 : 1
}

/** What is wrong with unit tests, alerts that have none among it: the program itself does not read them. */
export function untestedAlerts(catalogue: CatalogueView): readonly string[] {
  return catalogue.entries(ALL_ENTRIES).flatMap(({ name }) => {
    const entry = catalogue.entry(name)
    if (entry === undefined || !entry.content.A) return []
    const report = new Report(`${name}/alerts_test.yaml`)
    checkRuleTests(entry.files.alertTests, entry.rules, report)
    return report.errors.map(formatProblem)
  })
}

/** What promtool says against the rule files of entries and their tests. */
async function runPromtool(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const faults: string[] = []
  const waiting = [...names]
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      faults.push(...(await checkByPromtool(join(folder, name))))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return faults
}

/** What the real promtool says against an entry's rule file and its tests; nothing when all is well. */
export async function checkByPromtool(entryFolder: string): Promise<readonly string[]> {
  const faults: string[] = []
  for (const args of [
    ['check', 'rules', 'alerts.yaml'],
    ['test', 'rules', 'alerts_test.yaml'],
  ]) {
    const said = await promtool(args, entryFolder)
    if (said !== '') faults.push(`${entryFolder}: promtool ${args.join(' ')} failed\n${said}`)
  }
  return faults
}

/** @returns '' when it ended well, else what it wrote */
function promtool(args: readonly string[], cwd: string): Promise<string> {
  const path = findComponent('promtool')?.path ?? 'promtool'
  return new Promise((resolve) => {
    execFile(path, args, { cwd, timeout: PROMTOOL_MS_MAX }, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`.trim() || error?.message || 'it failed'
      resolve(error === null ? '' : said.slice(0, SAID_LENGTH_MAX))
    })
  })
}

function table(entries: readonly EntrySummary[]): readonly string[] {
  const rows = [
    ['entry', 'category', 'port', 'content', 'rules', 'panels', 'verified on'],
    ...entries.map(({ name, category, port, content, verified: { rules, panels, on } }) => [
      name,
      category,
      String(port),
      (['E', 'I', 'A', 'G'] as const).map((kind) => (content[kind] ? kind : '-')).join(' '),
      on === '' ? `${rules.all}` : `${rules.ok} of ${rules.all}`,
      on === '' ? `${panels.all}` : `${panels.ok} of ${panels.all}`,
      on === '' ? 'not verified' : on,
    ]),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

function sumsOf(entries: readonly EntrySummary[], faultCount: number): string {
  const held = entries.filter(({ verified }) => verified.on !== '')
  const sum = (pick: (entry: EntrySummary) => number): number =>
    held.reduce((total, entry) => total + pick(entry), 0)
  const rules = `${sum((e) => e.verified.rules.ok)} of ${sum((e) => e.verified.rules.all)} rules`
  const panels = `${sum((e) => e.verified.panels.ok)} of ${sum((e) => e.verified.panels.all)} panels`
  const what = `${rules}, ${panels} verified on ${held.length} exporters`
  return `${entries.length} entries: ${what}; ${faultCount} faults`
}

if (import.meta.main) {
  tolerateClosedPipe()
  process.exitCode = await main(CATALOG_FOLDER, (line) => process.stdout.write(`${line}\n`))
}
