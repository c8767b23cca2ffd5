/** The registry of targets, as pages, scripts and those who scrape see it. */

/** Targets that share their labels: one entry of a discovery document. */
export interface TargetEntry {
  readonly targets: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

/** A group is a list of targets; a service is nodes and exporters that come to one. */
export type DocumentKind = 'group' | 'service'

/** What is stored and changed as a whole. */
export interface DocumentKey {
  readonly kind: DocumentKind
  readonly name: string
}

/** What happened to a document. */
export type DocumentAction = 'put' | 'delete' | 'import' | 'undo' | 'relabel'

/** A document without its text. */
export interface DocumentHead extends DocumentKey {
  /** 1 for the first; rises by one with each change, a deletion included. */
  readonly version: number
  readonly targets: number
  /** ms since epoch */
  readonly changedMs: number
  readonly changedBy: string
  /** Of the registry, when the document last changed. */
  readonly revision: number
}

export interface StoredDocument extends DocumentHead {
  /** JSON */
  readonly body: string
}

/** One change that was made. */
export interface DocumentVersion extends DocumentHead {
  readonly action: DocumentAction
}

/** A document as it was after one change. */
export interface PastDocument extends DocumentVersion {
  /** JSON; undefined where the change was its deletion. */
  readonly body: string | undefined
}

/** A target that is there as long as somebody says so. */
export interface Lease {
  readonly key: string
  readonly group: string
  readonly target: string
  /** JSON of an object of texts. */
  readonly labels: string
  readonly ttlMs: number
  /** ms since epoch */
  readonly expiresMs: number
  readonly changedBy: string
}

/** What became of a lease; heartbeats are not told. */
export type LeaseAction = 'hold' | 'change' | 'release' | 'expire'

/** One coming or going of a target that registered itself. */
export interface LeaseEvent {
  readonly key: string
  readonly action: LeaseAction
  readonly group: string
  readonly target: string
  /** JSON of an object of texts. */
  readonly labels: string
  /** ms since epoch */
  readonly atMs: number
  readonly by: string
  /** Of the registry. */
  readonly revision: number
}

/** All that was done at once. The list is cut, the count is not. */
export interface RegistryChange {
  readonly revision: number
  /** ms since epoch */
  readonly atMs: number
  readonly by: string
  readonly count: number
  readonly documents: readonly DocumentVersion[]
  readonly leases: readonly LeaseEvent[]
}

/** Which changes are asked for, newest first. */
export interface ChangeQuery {
  /** Older than this revision; 0 for the newest. */
  readonly before: number
  readonly count: number
  /** Only of documents, groups of leases, and people with this text in their name; '' for all. */
  readonly search: string
}

/** Who asks for targets, how often, and what they got. */
export interface Consumer {
  /** Of the token or user; the address where nobody has to say. */
  readonly name: string
  readonly address: string
  /** Path and query. */
  readonly path: string
  /** What the client calls itself, or ''. */
  readonly agent: string
  /** As the consumer says; 0 when it does not. */
  readonly intervalSeconds: number
  /** ms since epoch */
  readonly seenMs: number
  readonly polls: number
  /** Of the last answer. */
  readonly status: number
  readonly targets: number
  readonly etag: string
}

/** A consumer and whether it comes as often as it said. */
export interface ConsumerStatus extends Consumer {
  readonly isLate: boolean
}

/** Why something is not taken. */
export interface Problem {
  /** Of the entry, row or node; -1 for the document as a whole. */
  readonly index: number
  /** Such as `targets[1]` or `labels.db-name`. */
  readonly field: string
  readonly reason: string
}

/** A document that was taken. */
export interface Taken {
  readonly name: string
  readonly version: number
  readonly targets: number
  /** Targets that were there more than once, and are kept once. */
  readonly repeated: readonly string[]
}

/** All of it, or every reason why not. */
export type Outcome<T> = { readonly done: T } | { readonly problems: readonly Problem[] }

/** One target with its labels, for people. */
export interface LabelledTarget {
  readonly target: string
  readonly labels: Readonly<Record<string, string>>
}

/** What one change did; lists are cut, counts are not. */
export interface DocumentDiff {
  readonly addedCount: number
  readonly removedCount: number
  readonly added: readonly LabelledTarget[]
  readonly removed: readonly LabelledTarget[]
}

/** What a change of several documents does to one of them. */
export interface PlannedDocument extends DocumentDiff, DocumentKey {
  readonly action: 'add' | 'change' | 'delete' | 'keep'
  /** Before the change; 0 where there is none. */
  readonly version: number
  /** After the change. */
  readonly targets: number
  /** Targets that are there more than once, and are kept once. */
  readonly repeated: readonly string[]
}

/** What a change of several documents will do; the lists of its differences are cut together. */
export interface RegistryPlan {
  /** Tells whether the documents are still what the plan was made for. */
  readonly tag: string
  readonly documents: readonly PlannedDocument[]
}

/** One change of several documents: all of it or none. */
export type BulkEdit =
  | { readonly action: 'delete'; readonly documents: readonly DocumentKey[] }
  | {
      readonly action: 'relabel'
      readonly documents: readonly DocumentKey[]
      /** Of all their targets, in the place of what they have. */
      readonly set: Readonly<Record<string, string>>
      readonly remove: readonly string[]
    }
  /** Makes all that one revision changed what it was before. */
  | { readonly action: 'undo'; readonly revision: number }
  | ImportEdit

/** Documents by name, as a file has them. */
export interface ImportEdit {
  readonly action: 'import'
  readonly kind: DocumentKind
  /** Media type without parameters. */
  readonly type: string
  readonly text: string
  /** Whether documents of the kind that are not in the file go. */
  readonly isWhole: boolean
}

/** Which targets somebody asks for. */
export interface TargetQuery {
  /** '' for all jobs. */
  readonly job: string
  /** Values by label name; each name needs one of its values. */
  readonly labels: ReadonlyMap<string, readonly string[]>
}

/** A discovery document, whole. */
export interface TargetList {
  readonly etag: string
  readonly targets: number
  readonly json: Uint8Array
  gzip(): Promise<Uint8Array>
}

/** What the pages, the API and consumers do with the registry. */
export interface Registry {
  list(kind: DocumentKind, search: string, from: number, count: number): Promise<DocumentPage>
  /** @throws NarthexError `not_found` */
  document(key: DocumentKey): Promise<StoredDocument>
  /** @param seenVersion what the editor saw; another present one is refused */
  put(key: DocumentKey, value: unknown, by: string, seenVersion?: number): Promise<Outcome<Taken>>
  /** @throws NarthexError `not_found` */
  remove(key: DocumentKey, by: string): Promise<void>
  /** Newest first. @throws NarthexError `not_found` */
  history(key: DocumentKey): Promise<readonly DocumentVersion[]>
  /** What a version changed. @throws NarthexError `not_found` */
  diff(key: DocumentKey, version: number): Promise<DocumentDiff>
  /** Makes a document what it was at a version. @throws NarthexError `not_found` */
  undo(key: DocumentKey, version: number, by: string): Promise<Taken>
  /** What an edit would do. @throws NarthexError `bad_data`, `not_found`, `conflict` */
  plan(edit: BulkEdit): Promise<Outcome<RegistryPlan>>
  /**
   * Carries an edit out, all of it or nothing.
   *
   * @param seenTag of the plan that the editor saw; documents that were changed since are refused
   */
  carryOut(edit: BulkEdit, by: string, seenTag?: string): Promise<Outcome<readonly Taken[]>>
  /** All documents of a kind, by name: what an import takes. @throws NarthexError `bad_data` */
  dump(kind: DocumentKind, type: string): Promise<string>
  /** Newest first. */
  changes(query: ChangeQuery): Promise<readonly RegistryChange[]>
  hold(key: string, value: unknown, by: string): Promise<Outcome<Lease>>
  /** @throws NarthexError `not_found` */
  release(key: string, by: string): Promise<void>
  leases(): Promise<readonly Lease[]>
  /** @throws NarthexError `busy` while the database is away, with how old the last list is */
  targets(query: TargetQuery): Promise<TargetList>
  /** Remembers who asked. */
  seen(consumer: Omit<Consumer, 'polls' | 'seenMs'>): void
  consumers(): Promise<readonly ConsumerStatus[]>
}

/** A part of a list. */
export interface DocumentPage {
  readonly total: number
  readonly documents: readonly DocumentHead[]
}
