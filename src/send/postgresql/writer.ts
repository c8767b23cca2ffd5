/** The writer of `type: postgresql`: one transaction a write. */
import type { Clock } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { PostgresDestination } from '../../config/destinations/postgresql.ts'
import type { SeriesId } from '../../model/appender.ts'
import { UNREPRESENTABLE } from '../http/body.ts'
import { ResultSum } from '../http/resultsum.ts'
import type { Parcel } from '../parcel.ts'
import type { OpenWriter, SeriesView, WriteResult, Writer } from '../writer.ts'
import { SessionPool } from './pool.ts'
import { isStorable, RowBytes } from './rows.ts'
import { type Statements, statementsFor } from './schema.ts'
import { SeriesIds } from './seriesids.ts'
import { Session } from './session.ts'

export interface PostgresDeps {
  readonly clock: Clock
}

/** Opens writers of a database; nothing is connected before the first write. */
export function openPostgres(config: PostgresDestination, deps: PostgresDeps): OpenWriter {
  return (view) => new PostgresWriter(config, deps, view)
}

class PostgresWriter implements Writer {
  readonly takesExemplars = false
  readonly #config: PostgresDestination
  readonly #clock: Clock
  readonly #statements: Statements
  readonly #ids: SeriesIds
  readonly #pool: SessionPool
  #isSchemaReady: boolean

  constructor(config: PostgresDestination, { clock }: PostgresDeps, view: SeriesView) {
    this.#config = config
    this.#clock = clock
    this.#statements = statementsFor(config.schema, config.isDeduplicated)
    this.#ids = new SeriesIds(view, this.#statements)
    this.#pool = new SessionPool(config.connectionsMax, (signal) => this.#open(signal))
    this.#isSchemaReady = !config.createsSchema
  }

  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    return await this.#pool.inTurn(() => this.#writeInTime(parcels, signal))
  }

  forget(ids: readonly SeriesId[]): void {
    this.#ids.forget(ids)
  }

  async close(): Promise<void> {
    this.#pool.close()
  }

  async #writeInTime(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult> {
    const end = new AbortController()
    const cancel = (): void => end.abort(new NarthexError('canceled', 'context canceled'))
    const timer = this.#clock.after(this.#config.timeoutMs, () =>
      end.abort(new NarthexError('timeout', 'context deadline exceeded')),
    )
    if (signal.aborted) cancel()
    signal.addEventListener('abort', cancel)
    try {
      return await this.#pool.with(end.signal, (session) =>
        this.#writeWith(session, parcels, end.signal),
      )
    } catch (error) {
      return readFault(error)
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', cancel)
    }
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const session = await Session.open(this.#config, signal)
    try {
      const { create, prepare } = this.#statements
      if (!this.#isSchemaReady) await session.run(signal, create)
      this.#isSchemaReady = true
      if (prepare !== '') await session.run(signal, prepare)
      return session
    } catch (error) {
      session.destroy()
      throw error
    }
  }

  async #writeWith(
    session: Session,
    parcels: readonly Parcel[],
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const total = new ResultSum()
    await this.#ids.find(session, parcels, signal)
    const rows = this.#rows(parcels, total)
    if (rows.count > 0) await session.copy(signal, this.#statements.copy, rows.end())
    return total.result()
  }

  #rows(parcels: readonly Parcel[], leftOut: ResultSum): RowBytes {
    const rows = new RowBytes(parcels.reduce((sum, { count }) => sum + count, 0))
    for (const { count, ids, times, timeMs, values, histograms } of parcels) {
      leftOut.leave(UNREPRESENTABLE, histograms.length)
      for (let i = 0; i < count; i++) {
        const number = this.#ids.number(ids[i])
        const atMs = times === undefined ? timeMs : times[i]
        if (number < 0 || !isStorable(atMs)) leftOut.leave(UNREPRESENTABLE, 1)
        else rows.add(atMs, number, values, i)
      }
    }
    return rows
  }
}

/**
 * Only what is wrong with the data itself is refused. Everything else may be put right at the other
 * end: connections, passwords, tables, space.
 *
 * @source PostgreSQL, error codes: classes 21, 22 and 23
 */
function readFault(error: unknown): WriteResult {
  const message = messageOf(error)
  const code = codeOf(error)
  if (/^2[123]/.test(code)) return { outcome: 'refused', reason: `sql_${code}`, message }
  if (code !== '') return { outcome: 'retry', reason: `sql_${code}`, message, afterMs: 0 }
  const kind = error instanceof NarthexError ? error.kind : ''
  const reason = kind === 'timeout' || kind === 'canceled' ? kind : 'connection'
  return { outcome: 'retry', reason, message, afterMs: 0 }
}

/** The SQLSTATE of an error of the server; '' for all others. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : ''
}
