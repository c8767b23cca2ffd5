/** `npm run catalog`: every entry with its flags and verified shares, and all that is wrong with them. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLog } from '../src/base/log.ts'
import { Metrics } from '../src/base/metrics.ts'
import { openCatalogue } from '../src/hub/catalogue/catalogue.ts'
import { ALL_ENTRIES, type CatalogueView, type EntrySummary } from '../src/model/catalogue.ts'
import { findComponent } from './components.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The catalogue that comes with the program. */
export const CATALOG_FOLDER: string = join(root, 'catalog')

/** Longest that promtool may take with one file, in ms. */
const PROMTOOL_MS_MAX = 60_000

/** @returns 1 when anything is wrong */
export async function main(folder: string, say: (line: string) => void): Promise<number> {
  const catalogue = await openCatalogue({ folder, log: silentLog, metrics: new Metrics() })
  const entries = catalogue.entries(ALL_ENTRIES)
  for (const line of table(entries)) say(line)
  const missing = findComponent('promtool') === undefined
  if (missing) say('promtool is not on this machine: rule files and their tests are not run')
  const faults = [...catalogue.faults(), ...(missing ? [] : runPromtool(catalogue, folder))]
  for (const fault of faults) say(fault)
  say(sumsOf(entries, faults.length))
  return faults.length === 0 ? 0 : 1
}

/** What promtool says against rule files and their tests. */
export function runPromtool(catalogue: CatalogueView, folder: string): readonly string[] {
  return catalogue.entries(ALL_ENTRIES).flatMap(({ name }) => {
    const files = catalogue.entry(name)?.files
    if (files === undefined || files.alerts === '') return []
    const place = join(folder, name)
    const check = promtool(['check', 'rules', 'alerts.yaml'], place)
    if (files.alertTests === '') return [`${name}: no alerts_test.yaml`, ...check]
    return [...check, ...promtool(['test', 'rules', 'alerts_test.yaml'], place)]
  })
}

function promtool(args: readonly string[], folder: string): readonly string[] {
  const path = findComponent('promtool')?.path ?? 'promtool'
  const options = { cwd: folder, encoding: 'utf8', timeout: PROMTOOL_MS_MAX } as const
  const done = spawnSync(path, args, options)
  if (done.status === 0) return []
  const said = `${done.stdout}${done.stderr}${done.error?.message ?? ''}`.trim()
  return [`${folder}: promtool ${args.join(' ')} failed\n${said}`]
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
  process.exitCode = await main(CATALOG_FOLDER, (line) => process.stdout.write(`${line}\n`))
}
