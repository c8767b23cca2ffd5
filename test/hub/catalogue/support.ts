/** Catalogues made of texts, in folders of their own. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type Catalogue, openCatalogue } from '../../../src/hub/catalogue/catalogue.ts'

/** Texts of an entry by the names of its files. */
export type Texts = Readonly<Record<string, string>>

/** entry.yaml of an entry that was held against its exporter. */
export function entryYaml(name: string, more: string = ''): string {
  return [
    `name: ${name}`,
    `title: The ${name} exporter`,
    'category: Database',
    `description: What ${name} does.`,
    `upstream: https://example.org/${name}`,
    'official: true',
    'port: 9104',
    `recognise: [${name}_up]`,
    more,
    '',
  ].join('\n')
}

export const VERIFIED = 'verified: true\nrecorded: {version: 1.5.0, with: a server}'

/** A rule file with one alert. */
export function alertsYaml(expr: string): string {
  return `groups:
  - name: first
    rules:
      - alert: Something
        expr: ${expr}
        labels: {severity: warning}
        annotations: {summary: s, description: d}
`
}

/** A dashboard with a panel for each expression. */
export function dashboardJson(...exprs: readonly string[]): string {
  const panels = exprs.map((expr, index) => ({
    id: index + 1,
    type: 'timeseries',
    title: `Panel ${index + 1}`,
    targets: [{ refId: 'A', expr }],
  }))
  return JSON.stringify({ title: 'A dashboard', panels }, null, 2)
}

/** A folder that is gone after the tests, without symbolic links in its path. */
export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'narthex-catalogue-')))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes entries below a folder. */
export function writeEntries(folder: string, entries: Readonly<Record<string, Texts>>): void {
  for (const [name, texts] of Object.entries(entries)) {
    mkdirSync(join(folder, name), { recursive: true })
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, name, file), text)
  }
}

/** A catalogue of these entries, and the folder that it is read from. */
export async function catalogueOf(
  entries: Readonly<Record<string, Texts>>,
): Promise<{ catalogue: Catalogue; folder: string; metrics: Metrics }> {
  const folder = newFolder()
  writeEntries(folder, entries)
  const metrics = new Metrics()
  return { catalogue: await openCatalogue({ folder, log: silentLog, metrics }), folder, metrics }
}
