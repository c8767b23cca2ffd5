/** One entry: its files read, its flags from what is there, its content held against its sample. */
import { formatProblem, Report, sortProblems } from '../../config/report.ts'
import { type Mark, parseYaml } from '../../config/yaml.ts'
import type { EntryDetail, EntryFiles } from '../../model/catalogue.ts'
import { type Dashboard, readDashboard } from './dashboard.ts'
import { type EntryFacts, readEntryFacts } from './entryshape.ts'
import { type EntryFileName, type EntryTexts, readEntryFolder } from './folder.ts'
import { type RuleFile, readRules } from './rules.ts'
import { EMPTY_SAMPLE, readSample, type Sample, SampleFault } from './sample.ts'
import { type Additions, additionsFor, factsOf } from './shelf.ts'
import { shareOf, type Verification, verify } from './verify.ts'

/** What became of a folder. */
export interface ReadEntry {
  /** Undefined where entry.yaml is missing or wrong. */
  readonly entry: EntryDetail | undefined
  /** Metric names that the sample has, for recognition. */
  readonly names: ReadonlySet<string>
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
  return readEntryTexts(name, await readEntryFolder(root, name), new Map())
}

/** An entry from the texts of its folder, and what sources fill up where those have nothing. */
export function readEntryTexts(
  name: string,
  { texts, faults }: EntryTexts,
  additions: Additions,
): ReadEntry {
  return new EntryReader(name, texts, faults, additionsFor(texts, additions)).read()
}

class EntryReader {
  readonly #name: string
  readonly #texts: ReadonlyMap<EntryFileName, string>
  readonly #faults: string[]
  /** What came from sources: it is not held to what ours must have. */
  readonly #added: Additions

  constructor(
    name: string,
    own: ReadonlyMap<EntryFileName, string>,
    faults: readonly string[],
    added: Additions,
  ) {
    this.#name = name
    this.#texts = new Map([...own, ...[...added].map(([file, { text }]) => [file, text] as const)])
    this.#faults = [...faults]
    this.#added = added
  }

  read(): ReadEntry {
    const facts = this.#facts()
    if (facts === undefined) {
      return { entry: undefined, names: EMPTY_SAMPLE.names, faults: this.#faults }
    }
    const isStrict = !this.#added.has('alerts.yaml')
    const alerts = this.#in('alerts.yaml', (text, report) =>
      readRules(text, this.#name, report, isStrict),
    )
    const dashboard = this.#in('dashboard.json', readDashboard)
    const sample = this.#in('sample.prom', readSampleFile)
    const hasManifest = this.#in('helm.yaml', checkManifest) ?? false
    const { names } = sample ?? EMPTY_SAMPLE
    const verification = verify(alerts?.rules ?? [], dashboard ?? NO_DASHBOARD, names, facts.misses)
    if (this.#added.size === 0) this.#checkFacts(facts, sample, verification)
    const files = this.#files(alerts, dashboard, hasManifest)
    const sources = Object.fromEntries(
      [...this.#added].map(([file, { source }]) => [file, source] as const),
    )
    const entry = { ...buildEntry(facts, files, sample ?? EMPTY_SAMPLE, verification), sources }
    return { entry, names, faults: this.#faults }
  }

  #facts(): EntryFacts | undefined {
    if (!this.#texts.has('entry.yaml')) {
      if (this.#added.size > 0) return factsOf(this.#name, this.#added)
      this.#fault('entry.yaml', START, 'cannot read entry: it has no entry.yaml')
      return undefined
    }
    return this.#in('entry.yaml', (text, report) => readEntryFacts(text, this.#name, report))
  }

  /** Reads a file that is there and takes over what is wrong with it. */
  #in<T>(file: EntryFileName, read: (text: string, report: Report) => T): T | undefined {
    const text = this.#texts.get(file)
    if (text === undefined) return undefined
    const report = new Report(`${this.#name}/${file}`)
    const result = read(text, report)
    this.#faults.push(...sortProblems(report.errors).map(formatProblem))
    return result
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
    const { root } = parseYaml(this.#texts.get('entry.yaml') ?? '')
    if (root?.kind !== 'map') return START
    return root.entries.find((entry) => entry.key === key)?.keyMark ?? START
  }

  #files(
    alerts: RuleFile | undefined,
    dashboard: Dashboard | undefined,
    hasManifest: boolean,
  ): EntryFiles {
    const text = (file: EntryFileName): string => this.#texts.get(file) ?? ''
    return {
      readme: text('README.md'),
      helm: hasManifest ? text('helm.yaml') : '',
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

function readSampleFile(text: string, report: Report): Sample | undefined {
  try {
    return readSample(text)
  } catch (error) {
    if (!(error instanceof SampleFault)) throw error
    report.error({ line: error.line, column: 1 }, error.message)
    return undefined
  }
}

/** Whether a text of one or more YAML documents can be read. */
function checkManifest(text: string, report: Report): boolean {
  let line = 0
  let documentLines: string[] = []
  const check = (): void => {
    const { faults } = parseYaml(documentLines.join('\n'))
    const before = line - documentLines.length
    for (const { mark, message } of faults) {
      report.error({ line: mark.line + before, column: mark.column }, message)
    }
    documentLines = []
  }
  for (const each of text.split('\n')) {
    if (/^---(\s|$)/.test(each)) check()
    documentLines.push(each)
    line++
  }
  check()
  return report.errors.length === 0
}
