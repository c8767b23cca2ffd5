/** One entry: its files read, its flags from what is there, its content held against its sample. */
import { formatProblem, Report, sortProblems } from '../../config/report.ts'
import { type Mark, parseYaml } from '../../config/yaml.ts'
import type { EntryDetail, EntryFiles } from '../../model/catalogue.ts'
import { BUNDLED_SOURCE } from '../../model/edits.ts'
import { type Dashboard, readDashboard } from './dashboard.ts'
import { type EntryFacts, readEntryFacts } from './entryshape.ts'
import { type EntryFileName, type EntryTexts, readEntryFolder } from './folder.ts'
import { readManifest } from './manifest.ts'
import { type RuleFile, readRules } from './rules.ts'
import { EMPTY_SAMPLE, readSampleFile, type Sample } from './sample.ts'
import {
  factsOf,
  type LaidFiles,
  layFiles,
  NOTHING,
  type ShelfEntry,
  type ShelfFile,
} from './shelf.ts'
import { shareOf, type Verification, verify } from './verify.ts'

/** What became of a folder. */
export interface ReadEntry {
  /** Undefined where entry.yaml is missing or wrong. */
  readonly entry: EntryDetail | undefined
  /** Metric names that the sample has, for recognition. */
  readonly names: ReadonlySet<string>
  /** All files with what they stand in the place of. */
  readonly files: LaidFiles
  /** `file:line:column: message`, in the order of the files. */
  readonly faults: readonly string[]
}

const START: Mark = { line: 1, column: 1 }
const NO_DASHBOARD: Dashboard = { panels: [], variables: [] }

/**
 * Reads the entry `name` below `root`. A content file that cannot be used is left out and its flag
 * with it; all that is wrong is told.
 *
 * @param root the folder of all entries, without symbolic links in its path
 * @throws NarthexError `io` when the folder cannot be read
 */
export async function readEntry(root: string, name: string): Promise<ReadEntry> {
  return readEntryTexts(name, await readEntryFolder(root, name), NOTHING)
}

/** An entry from the texts of its folder and what sources have of it. */
export function readEntryTexts(
  name: string,
  { texts, faults }: EntryTexts,
  shelf: ShelfEntry,
): ReadEntry {
  return new EntryReader(name, layFiles(texts, shelf), faults).read()
}

class EntryReader {
  readonly #name: string
  readonly #all: LaidFiles
  readonly #faults: string[]
  /** Those that are shown. */
  readonly #files: Map<EntryFileName, ShelfFile>

  constructor(name: string, files: LaidFiles, faults: readonly string[]) {
    this.#name = name
    this.#all = files
    this.#files = new Map(files)
    this.#faults = [...faults]
  }

  read(): ReadEntry {
    const facts = this.#facts()
    if (facts === undefined) return this.#resultOf(undefined, EMPTY_SAMPLE)
    const alerts = this.#in('alerts.yaml', (text, report, isOurs) =>
      readRules(text, this.#name, report, isOurs),
    )
    const dashboard = this.#in('dashboard.json', readDashboard)
    const sample = this.#in('sample.prom', readSampleFile)
    const manifest = this.#in('helm.yaml', readManifest)
    const { names } = sample ?? EMPTY_SAMPLE
    const verification = verify(alerts?.rules ?? [], dashboard ?? NO_DASHBOARD, names, facts.misses)
    const added = [...this.#files].filter(([, { source }]) => source !== BUNDLED_SOURCE)
    if (added.length === 0) this.#checkFacts(facts, sample, verification)
    const files = this.#texts(alerts, dashboard, manifest)
    const sources = Object.fromEntries(added.map(([file, { source }]) => [file, source] as const))
    const entry = { ...buildEntry(facts, files, sample ?? EMPTY_SAMPLE, verification), sources }
    return this.#resultOf(entry, sample ?? EMPTY_SAMPLE)
  }

  #resultOf(entry: EntryDetail | undefined, { names }: Sample): ReadEntry {
    return { entry, names, files: this.#all, faults: this.#faults }
  }

  #facts(): EntryFacts | undefined {
    if (this.#files.has('entry.yaml')) {
      return this.#in('entry.yaml', (text, report) => readEntryFacts(text, this.#name, report))
    }
    const files = [...this.#files.values()]
    if (files.some(({ source }) => source !== BUNDLED_SOURCE)) return factsOf(this.#name, files)
    this.#fault('entry.yaml', START, 'cannot read entry: it has no entry.yaml')
    return undefined
  }

  /**
   * Reads a file that is there and takes over what is wrong with it. An edit that cannot be used,
   * because somebody has put it into the repository by hand, hides nothing.
   */
  #in<T>(
    file: EntryFileName,
    read: (text: string, report: Report, isOurs: boolean) => T | undefined,
  ): T | undefined {
    const shown = this.#files.get(file)
    if (shown === undefined) return undefined
    const report = new Report(`${this.#name}/${file}`)
    const result = read(shown.text, report, shown.source === BUNDLED_SOURCE)
    this.#faults.push(...sortProblems(report.errors).map(formatProblem))
    const under = this.#all.get(file)?.under
    if (result !== undefined || under === undefined || under === shown) return result
    this.#files.set(file, under)
    return this.#in(file, read)
  }

  #fault(file: EntryFileName, mark: Mark, message: string): void {
    this.#faults.push(formatProblem({ file: `${this.#name}/${file}`, ...mark, message }))
  }

  /** What is verified has a sample, and a reason for each metric that it lacks. */
  #checkFacts(facts: EntryFacts, sample: Sample | undefined, verification: Verification): void {
    const fault = (key: string, message: string): void =>
      this.#fault('entry.yaml', this.#placeOf(key), message)
    if (!facts.isVerified) {
      if (sample !== undefined) fault('verified', 'cannot use sample.prom: verified is not true')
      return
    }
    if (sample === undefined || facts.recorded === undefined) {
      fault('verified', 'cannot verify entry: no sample.prom, or no recorded to say of what')
      return
    }
    const unknown = facts.recognise.filter((metric) => !sample.names.has(metric))
    for (const metric of unknown.filter((each) => !facts.misses.has(each))) {
      fault('recognise', `cannot recognise entry: ${metric} is not in the sample`)
    }
    for (const { of, metric } of verification.unexplained) {
      fault(
        'misses',
        `cannot verify ${of}: ${metric} is not in the sample, wanted the reason in misses`,
      )
    }
    for (const metric of verification.needless.filter((each) => !unknown.includes(each))) {
      fault('misses', `cannot use the reason for ${metric}: it is there, or nothing asks for it`)
    }
  }

  #placeOf(key: string): Mark {
    const { root } = parseYaml(this.#files.get('entry.yaml')?.text ?? '')
    if (root?.kind !== 'map') return START
    return root.entries.find((entry) => entry.key === key)?.keyMark ?? START
  }

  #texts(
    alerts: RuleFile | undefined,
    dashboard: Dashboard | undefined,
    manifest: string | undefined,
  ): EntryFiles {
    const text = (file: EntryFileName): string => this.#files.get(file)?.text ?? ''
    return {
      readme: text('README.md'),
      helm: manifest ?? '',
      alerts: alerts?.text ?? '',
      alertTests: alerts === undefined ? '' : text('alerts_test.yaml'),
      dashboard: dashboard === undefined ? '' : text('dashboard.json'),
      sample: text('sample.prom'),
    }
  }
}

function buildEntry(
  facts: EntryFacts,
  files: EntryFiles,
  sample: Sample,
  { rules, panels }: Verification,
): Omit<EntryDetail, 'sources'> {
  const { isVerified, misses, ...rest } = facts
  const on = isVerified ? (facts.recorded?.version ?? '') : ''
  return {
    ...rest,
    content: {
      E: files.readme !== '',
      I: files.helm !== '',
      A: files.alerts !== '',
      G: files.dashboard !== '',
    },
    verified: { rules: shareOf(rules), panels: shareOf(panels), on },
    misses: Object.fromEntries(misses),
    files,
    metrics: sample.metrics,
    rules,
    panels,
  }
}
