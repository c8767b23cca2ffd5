/** Content sources of the catalogue: what they brought, how they do, and where that is kept. */

/** What a source is and how it did; all hubs of one database see the same. */
export interface SourceState {
  readonly name: string
  readonly type: 'bundled' | 'folder' | 'git'
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

/** A source as people see it. */
export interface SourceStatus extends SourceState {
  /** Whether this hub asks it right now. */
  readonly isRefreshing: boolean
  /** When this hub will ask it again; 0 where it does not. */
  readonly nextMs: number
}

/** What routes need of the sources. */
export interface SourcesView {
  list(): readonly SourceStatus[]
  /** Asks all sources of this hub, or one, and waits for what becomes of it. @throws `not_found` */
  refresh(name: string): Promise<readonly SourceStatus[]>
  /** Forgets what a source that is no longer configured here has brought. @throws `not_found`, `conflict` */
  remove(name: string): Promise<void>
}

/** A file of an entry. */
export interface SourceText {
  readonly entry: string
  readonly file: string
  readonly text: string
}

/** A source with the number of the change that brought what it has. */
export interface StoredSource extends SourceState {
  readonly revision: number
}

/** Where sources are kept. Each method throws NarthexError `busy` while the database is away. */
export interface SourceRecords {
  /** In the order of their names. */
  sources(): Promise<readonly StoredSource[]>
  /** What a source last brought. */
  texts(name: string): Promise<readonly SourceText[]>
  /** Takes what a source has in the place of what it had. */
  save(state: SourceState, texts: readonly SourceText[]): Promise<void>
  /** Notes how a source did that brought nothing new. */
  note(state: SourceState): Promise<void>
  /** Whether there was one. */
  remove(name: string): Promise<boolean>
}
