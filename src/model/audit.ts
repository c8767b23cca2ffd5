/** The audit log: who did what, when, from where, and what came of it. */

/** One thing that was done, or tried. Nothing secret and no body is ever in it. */
export interface AuditEntry {
  /** ms since epoch */
  readonly timeMs: number
  /** The user or token; `anybody` where nobody has to say who they are; '' for a stranger. */
  readonly who: string
  /** '' for what was done on the command line. */
  readonly address: string
  /** Method and address of a route, or the words of a command. */
  readonly action: string
  /** What it was done to; '' where the action says it all. */
  readonly object: string
  /** As HTTP has it; 200 for what was done otherwise. */
  readonly status: number
}

/** An entry with its place in the log. */
export interface AuditRecord extends AuditEntry {
  /** Grows by 1 with each entry that is written. */
  readonly id: number
}

/** Which entries; '' and 0 for any. */
export interface AuditQuery {
  /** What who, address, action or object have in them, whatever the case. */
  readonly text: string
  /** Only those that were refused or failed. */
  readonly failed: boolean
  /** Entries older than the one of this id; none once that one is forgotten. */
  readonly beforeId: number
  readonly count: number
}

/** Takes entries; they are in the log soon after. */
export interface AuditSink {
  note(entry: Omit<AuditEntry, 'timeMs'>): void
}

/** The log for those who may read it. */
export interface AuditView {
  /** Newest first. */
  entries(query: AuditQuery): Promise<readonly AuditRecord[]>
}

/** Where the log is kept. Each method throws NarthexError `busy` while the database is away. */
export interface AuditRecords {
  append(entries: readonly AuditEntry[]): Promise<void>
  /** Newest first. */
  entries(query: AuditQuery): Promise<readonly AuditRecord[]>
  /** Forgets what is older than `fromMs`, and all but the newest `entriesMax`. */
  trim(fromMs: number, entriesMax: number): Promise<void>
}
