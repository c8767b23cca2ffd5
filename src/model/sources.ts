/** Content sources of the catalogue: what they brought, how they do, and where that is kept. */
import type { Outcome } from './registry.ts'

export type SourceKind = 'bundled' | 'folder' | 'git' | 'github'

/** What a source is and how it did; all hubs of one database see the same. */
export interface SourceState {
  readonly name: string
  readonly type: SourceKind
  /** Where it is, without anything secret. */
  readonly origin: string
  /** The commit, or a digest of the files; '' before the first success. */
  readonly commit: string
  readonly entries: number
  /** When it was last asked, ms since epoch. */
  readonly checkedMs: number
  /** When it last answered as it should; 0 for never. */
  readonly goodMs: number
  /** Since when it fails; 0 while it does not. */
  readonly failingSinceMs: number
  /** '' or why it fails; what it had before stays. */
  readonly error: string
  /** Files of it that could not be used. */
  readonly faults: readonly string[]
}

/** How far a refresh is. */
export interface SourceProgress {
  readonly step: 'waiting' | 'asking' | 'fetching' | 'reading'
  readonly done: number
  /** 0 where nobody knows. */
  readonly all: number
}

/** Where it is written down that there is a source. */
export type SourcePlaceKind =
  /** It comes with the program. */
  | 'program'
  /** What people have changed on the pages of the catalogue. */
  | 'edits'
  /** In the configuration of this hub. */
  | 'configuration'
  /** In the records: people have added it. */
  | 'records'
  /** In the configuration of another hub, or nowhere any more. */
  | 'elsewhere'

/** A source that people have added, as they see it. */
export interface AddedSource {
  readonly url: string
  readonly repository: string
  readonly branch: string
  readonly path: string
  /** As Prometheus writes durations. */
  readonly refreshInterval: string
  readonly hasToken: boolean
  readonly version: number
  readonly changedMs: number
  readonly changedBy: string
}

/** A source as people see it. */
export interface SourceStatus extends SourceState {
  readonly place: SourcePlaceKind
  /** Null for all that stand elsewhere than in the records. */
  readonly added: AddedSource | null
  /** Whether this hub asks it right now. */
  readonly isRefreshing: boolean
  /** Null while it is not asked. */
  readonly progress: SourceProgress | null
  /** When this hub will ask it again; 0 where it does not. */
  readonly nextMs: number
}

/** Who changes a source, and which version they have seen. */
export interface SourceChange {
  readonly by: string
  /** Undefined for whichever there is; 0 for none. */
  readonly version: number | undefined
}

/** What routes need of the sources. */
export interface SourcesView {
  list(): readonly SourceStatus[]
  /** Asks all sources of this hub, or one, and waits for what becomes of it. @throws `not_found` */
  refresh(name: string): Promise<readonly SourceStatus[]>
  /**
   * Adds a source, or changes one that was added.
   *
   * @param value as it came: JSON
   * @returns how it is now, it is asked at once; or every reason why it is not taken
   * @throws `conflict` for a name that is taken, and where somebody else was quicker
   */
  put(name: string, value: unknown, change: SourceChange): Promise<Outcome<SourceStatus>>
  /**
   * Forgets a source that does not stand in the configuration of this hub, and what it has brought.
   *
   * @throws `not_found`, `conflict`
   */
  remove(name: string, by: string): Promise<void>
}

/** A file of an entry. */
export interface SourceText {
  readonly entry: string
  readonly file: string
  readonly text: string
}

/** How a source did, and what its next question may name. */
export interface KeptSource extends SourceState {
  /** '' where there is none. */
  readonly tag: string
}

/** A source with the number of the change that brought what it has. */
export interface StoredSource extends KeptSource {
  readonly revision: number
}

/** A source that people have added, as it is kept. */
export interface SourceSettings {
  readonly name: string
  readonly type: 'git' | 'github'
  readonly url: string
  readonly repository: string
  readonly branch: string
  readonly path: string
  readonly refreshMs: number
  /** '' for none. */
  readonly sealedToken: string
  /** 1 for the first. */
  readonly version: number
  readonly changedMs: number
  readonly changedBy: string
}

/** Where sources are kept. Each method throws NarthexError `busy` while the database is away. */
export interface SourceRecords {
  /** In the order of their names. */
  sources(): Promise<readonly StoredSource[]>
  /** Those that people have added, in the order of their names. */
  settings(): Promise<readonly SourceSettings[]>
  /** What a source last brought. */
  texts(name: string): Promise<readonly SourceText[]>
  /**
   * Takes what a source has in the place of what it had.
   *
   * @param version of its settings when it was asked, 0 for none
   * @returns whether they are still the same; otherwise nothing is kept
   */
  save(state: KeptSource, texts: readonly SourceText[], version: number): Promise<boolean>
  /** Notes how a source did that brought nothing new; as `save` does. */
  note(state: KeptSource, version: number): Promise<boolean>
  /** Keeps settings whose version is the next one. @returns whether nobody else was quicker */
  put(settings: SourceSettings): Promise<boolean>
  /** Forgets what a source has brought, and its settings. @returns whether there was one */
  remove(name: string): Promise<boolean>
}
