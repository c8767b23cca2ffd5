/** The audit log of a hub: written as things happen, trimmed now and then. */
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Cell, Metrics } from '../../base/metrics.ts'
import type {
  AuditEntry,
  AuditQuery,
  AuditRecord,
  AuditRecords,
  AuditSink,
  AuditView,
} from '../../model/audit.ts'
import type { Changing, Witness } from '../../net/server/message.ts'

/** Entries that wait to be written; one more is counted and dropped. */
export const AUDIT_WAITING_MAX = 10_000
/** Entries that are written together. */
const BATCH_MAX = 500
/** How long to wait after a failure, in ms. */
const RETRY_MS = 2000
/** How often what is over is forgotten, in ms. */
const TRIM_MS = 60_000
/** A text of an entry, in UTF-16 units. */
const TEXT_LENGTH_MAX = 200

/** What a wrong password is called. */
const WRONG_PASSWORD = 'log in'
const UNAUTHORIZED = 401

export interface AuditLimits {
  readonly entriesMax: number
  readonly ageMsMax: number
}

export interface AuditDeps {
  readonly records: AuditRecords
  readonly limits: AuditLimits
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** The log until it is stopped. */
export class AuditLog implements AuditSink, AuditView, Witness {
  readonly #deps: AuditDeps
  readonly #dropped: Cell
  #waiting: AuditEntry[] = []
  #writing: Promise<void> | undefined
  #retrying: Timer | undefined
  #trimming: Timer | undefined

  constructor(deps: AuditDeps) {
    const { metrics } = deps
    this.#deps = deps
    this.#dropped = metrics
      .counter('narthex_audit_dropped_total', 'Entries of the audit log that were not written.')
      .with()
    const waiting = metrics.gauge(
      'narthex_audit_waiting',
      'Entries of the audit log that wait for the database.',
    )
    metrics.onCollect(() => waiting.with().set(this.#waiting.length))
    this.#trimLater()
  }

  /** Writes for the last time. */
  async stop(): Promise<void> {
    this.#trimming?.cancel()
    this.#retrying?.cancel()
    await this.#writing
    await this.#write()
    this.#retrying?.cancel()
  }

  note(entry: Omit<AuditEntry, 'timeMs'>): void {
    if (this.#waiting.length >= AUDIT_WAITING_MAX) {
      this.#dropped.inc()
      return
    }
    this.#waiting.push({
      ...{ timeMs: this.#deps.clock.now(), who: cut(entry.who), address: cut(entry.address) },
      ...{ action: cut(entry.action), object: cut(entry.object), status: entry.status },
    })
    if (this.#retrying === undefined) this.#writeSoon()
  }

  changed({ identity, address, method, route, segments, status }: Changing): void {
    const object = [...segments.values()].join(' ')
    this.note({ who: identity.name, address, action: `${method} ${route.path}`, object, status })
  }

  refused(name: string, address: string): void {
    this.note({ who: name, address, action: WRONG_PASSWORD, object: '', status: UNAUTHORIZED })
  }

  async entries(query: AuditQuery): Promise<readonly AuditRecord[]> {
    await this.#writing
    return await this.#deps.records.entries(query)
  }

  #writeSoon(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  /** Writes what waits, in the order in which it came. */
  async #write(): Promise<void> {
    const { records, clock, log } = this.#deps
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, BATCH_MAX)
        await records.append(batch)
        this.#waiting = this.#waiting.slice(batch.length)
      }
    } catch (error) {
      log.warn('audit log could not be written, it waits', {
        ...{ error: messageOf(error), count: this.#waiting.length },
      })
      this.#retrying = clock.after(RETRY_MS, () => {
        this.#retrying = undefined
        this.#writeSoon()
      })
    }
  }

  #trimLater(): void {
    const { records, clock, log, limits } = this.#deps
    this.#trimming = clock.after(TRIM_MS, () => {
      records.trim(clock.now() - limits.ageMsMax, limits.entriesMax).catch((error: unknown) => {
        log.warn('audit log could not be trimmed', { error: messageOf(error) })
      })
      this.#trimLater()
    })
  }
}

function cut(text: string): string {
  return text.slice(0, TEXT_LENGTH_MAX)
}
