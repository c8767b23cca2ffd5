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
export type DocumentAction = 'put' | 'delete' | 'import' | 'undo'

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
  /** Groups by name in JSON, YAML or CSV: all or none. */
  load(type: string, text: string, by: string): Promise<Outcome<readonly Taken[]>>
  hold(key: string, value: unknown, by: string): Promise<Outcome<Lease>>
  /** @throws NarthexError `not_found` */
  release(key: string): Promise<void>
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
