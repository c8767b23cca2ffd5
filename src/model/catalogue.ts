/** The catalogue of exporters as routes and pages see it: entries, their content, and how far it was verified. */

/** What an entry may bring: E hands-on text, I manifests, A alert rules, G dashboard. */
export type ContentKind = 'E' | 'I' | 'A' | 'G'

export type Category =
  | 'Database'
  | 'Hardware'
  | 'HTTP'
  | 'Library'
  | 'Logging'
  | 'Messaging'
  | 'Miscellaneous'
  | 'Monitoring'
  | 'Software'
  | 'Storage'

/** How many of all. */
export interface Share {
  readonly ok: number
  readonly all: number
}

/** What was held against the exporter, in sums. */
export interface VerifiedShares {
  readonly rules: Share
  readonly panels: Share
  /** The version of the exporter that it was held against; '' when it never was. */
  readonly on: string
}

/** An entry as lists show it. */
export interface EntrySummary {
  /** `mysqld`: its folder, and its key. */
  readonly name: string
  readonly title: string
  readonly category: Category
  readonly description: string
  /** Whether the Prometheus project or the makers of the software keep the exporter. */
  readonly official: boolean
  /** 0 where nobody said it. */
  readonly port: number
  readonly upstream: string
  /** What is there. */
  readonly content: Readonly<Record<ContentKind, boolean>>
  readonly verified: VerifiedShares
}

/** What of an entry a search has found where its summary does not show it. */
export interface EntryMatch {
  readonly kind: 'alert' | 'metric'
  readonly text: string
}

/** An entry that a search has found. */
export interface FoundEntry extends EntrySummary {
  /** Absent where there was no search, or all of it is in the summary. */
  readonly matches?: readonly EntryMatch[]
}

/** A metric that a rule or a panel asks for. */
export interface Need {
  /** `mysql_up`, or the matchers where no name is written: `{__name__=~"mysql_.+"}`. */
  readonly metric: string
  readonly isThere: boolean
  /** '' when it is there, else why it is not. */
  readonly reason: string
}

/** A rule held against the sample. */
export interface RuleCheck {
  readonly group: string
  readonly kind: 'alert' | 'record'
  /** Name of the alert, or of the metric that is recorded. */
  readonly name: string
  readonly expr: string
  /** How long an alert waits before it fires; 0 where it does not. */
  readonly forMs: number
  /** Of an alert; '' of what is recorded. */
  readonly severity: string
  readonly summary: string
  readonly description: string
  readonly needs: readonly Need[]
  readonly isVerified: boolean
}

/** A panel held against the sample. */
export interface PanelCheck {
  /** Title of the row that it stands in; '' for none. */
  readonly row: string
  readonly title: string
  readonly exprs: readonly string[]
  readonly needs: readonly Need[]
  readonly isVerified: boolean
  /** '' or what is wrong with its queries. */
  readonly fault: string
}

/** A metric family that the exporter was recorded with. */
export interface SampleMetric {
  readonly name: string
  /** `counter`, `gauge`, `histogram`, `summary`, or `untyped` where the exporter says nothing. */
  readonly type: string
  readonly help: string
}

/** The files of an entry as texts; '' for one that is not there. */
export interface EntryFiles {
  readonly readme: string
  readonly helm: string
  /** A rule file that Prometheus loads, also where it was written as a bare list. */
  readonly alerts: string
  readonly alertTests: string
  readonly dashboard: string
  readonly sample: string
}

/** All of an entry. */
export interface EntryDetail extends EntrySummary {
  /** Path of the metrics. */
  readonly path: string
  /** Metrics that tell the exporter; all of them must be there. None where nobody said them. */
  readonly recognise: readonly string[]
  /** What the sample was recorded with; undefined without a sample. */
  readonly recorded: { readonly version: string; readonly with: string } | undefined
  /** Why metrics that content asks for are not in the sample. */
  readonly misses: Readonly<Record<string, string>>
  readonly files: EntryFiles
  /** The content source of each file that does not come with the program: `{'alerts.yaml': 'team'}`. */
  readonly sources: Readonly<Record<string, string>>
  readonly metrics: readonly SampleMetric[]
  readonly rules: readonly RuleCheck[]
  readonly panels: readonly PanelCheck[]
}

export type EntryOrder = 'name' | 'category' | 'verified'

/** Which entries a list shows; '' and undefined for all. */
export interface EntryQuery {
  /** Words that all must be in name, title, description, metrics or alert names. */
  readonly search: string
  readonly category: string
  readonly official: boolean | undefined
  /** Undefined: the best match first for a search, else by name. */
  readonly order: EntryOrder | undefined
}

/** The whole list. */
export const ALL_ENTRIES: EntryQuery = {
  search: '',
  category: '',
  official: undefined,
  order: undefined,
}

/** The catalogue as it was last read whole. */
export interface CatalogueView {
  /** Changes whenever anything of the catalogue does. */
  readonly version: string
  entries(query: EntryQuery): readonly FoundEntry[]
  entry(name: string): EntryDetail | undefined
  /** What is wrong with it, as `file:line:column: message`. */
  faults(): readonly string[]
  /** The entries that a target with these metric families is, by name. */
  recognise(metrics: ReadonlySet<string>): readonly string[]
}
