/** Where the registry of targets is kept: documents, their versions, leases and consumers. */
import type {
  ChangeQuery,
  Consumer,
  DocumentAction,
  DocumentHead,
  DocumentKey,
  DocumentVersion,
  Lease,
  PastDocument,
  RegistryChange,
  StoredDocument,
} from './registry.ts'

/** One change of one document. */
export interface DocumentEdit extends DocumentKey {
  readonly action: DocumentAction
  /** JSON; undefined deletes. */
  readonly body: string | undefined
  readonly targets: number
  /** The version that the editor saw, 0 for none; another one is refused. Absent: whatever it is. */
  readonly seenVersion?: number
}

/** What one revision made of a document. */
export interface DoneDocument {
  readonly after: PastDocument
  /** Undefined where there was none, or where it is no longer kept. */
  readonly before: PastDocument | undefined
}

/** What there is at one moment, as far as it is news. */
export interface RegistryImage {
  readonly revision: number
  /** Nothing but `changed` is there; otherwise it is added to what is known. */
  readonly isWhole: boolean
  readonly changed: readonly StoredDocument[]
  /** Deleted since, and not there again. */
  readonly gone: readonly DocumentKey[]
  readonly leases: readonly Lease[]
}

/** How much there may be. */
export interface RegistryBounds {
  /** Groups and services together. */
  readonly documentsMax: number
  /** Of all documents. */
  readonly targetsMax: number
  /** Versions kept of one document. */
  readonly versionsMax: number
  readonly leasesMax: number
}

/**
 * Where the registry is kept. All methods reject with NarthexError `busy` while the database is
 * away.
 */
export interface RegistryRecords {
  /** Rises with every change of documents, and of leases other than their time. */
  revision(): Promise<number>
  /** What changed after the revision `since`, and all leases, as of one moment. */
  read(since: number): Promise<RegistryImage>
  /** Leases that have not run out. */
  leases(nowMs: number): Promise<readonly Lease[]>
  /**
   * Makes all edits or none.
   *
   * @returns the heads by edit; `undefined` for the deletion of what is not there
   * @throws NarthexError `limit` at a bound, `conflict` when a seen version is not the present one
   */
  change(
    by: string,
    atMs: number,
    edits: readonly DocumentEdit[],
    bounds: RegistryBounds,
  ): Promise<readonly (DocumentHead | undefined)[]>
  /** Newest first. */
  versions(key: DocumentKey): Promise<readonly DocumentVersion[]>
  /** How it was, of the versions that are kept. */
  version(key: DocumentKey, version: number): Promise<PastDocument | undefined>
  /** Makes a lease or renews it. @returns whether it is news @throws NarthexError `limit` at the bound */
  hold(lease: Lease, nowMs: number, bounds: RegistryBounds): Promise<boolean>
  /** Ends a lease. @returns whether there was one */
  release(key: string, nowMs: number, by: string): Promise<boolean>
  /** Newest first. */
  changes(query: ChangeQuery): Promise<readonly RegistryChange[]>
  /** What a revision did to documents, of the versions that are kept. */
  done(revision: number): Promise<readonly DoneDocument[]>
  /**
   * Forgets what is over: leases that ran out, consumers not seen for `consumerMs`.
   *
   * @returns the keys of those leases
   */
  sweep(nowMs: number, consumerMs: number): Promise<readonly string[]>
  /** Adds up what was seen since the last time; beyond the bound the longest unseen are forgotten. */
  saveConsumers(consumers: readonly Consumer[], consumersMax: number): Promise<void>
  consumers(): Promise<readonly Consumer[]>
}
