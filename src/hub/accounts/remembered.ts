/** Whether there are accounts, remembered for the time in which their database is away. */
import { readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Running } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { syncFolder, writeWholeFile } from '../../base/wholefile.ts'
import { type IdentitySource, NOBODY_ELSE } from '../../net/server/identities.ts'
import type { KnownAccounts } from './known.ts'

/** How often it is looked whether there are accounts while nobody asks, in ms. */
const FOLLOW_MS = 2000

export interface RememberedDeps {
  readonly accounts: { known(isUrgent: boolean): Promise<KnownAccounts> }
  /** Is there, with the name of the database, as long as that has said last that there is no account. */
  readonly file: string
  /** What tells the database from others: nothing that another one said counts. */
  readonly database: string
  /** Whether nobody comes in unknown even while there is no account. */
  alwaysAsks(): boolean
  readonly clock: Clock
  readonly log: Log
}

/**
 * Accounts of a database that may be away. Where it said last that there are none, everybody comes in
 * as before; where it said that there are some, or never said anything, nobody does whom only the
 * database could tell.
 */
export class RememberedAccounts implements IdentitySource, Running {
  readonly #deps: RememberedDeps
  #isEmpty: boolean
  /** Of the accounts that said so. */
  #revision = 0
  /** What the file says; undefined when it may be of another database. */
  #isWrittenEmpty: boolean | undefined
  #hasFailed = false
  /** Whether it cannot be told who comes, and the log has that. */
  #isUntold = false
  #timer: Timer | undefined
  #isStopped = false

  constructor(deps: RememberedDeps) {
    this.#deps = deps
    this.#isEmpty = readIsEmpty(deps)
    if (this.#isEmpty) this.#isWrittenEmpty = true
    this.#follow()
  }

  async known(isUrgent: boolean): ReturnType<IdentitySource['known']> {
    const { accounts, alwaysAsks } = this.#deps
    try {
      const known = await accounts.known(isUrgent)
      this.#remember(known)
      return known
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      // Who shows something is told that it cannot be looked for, and not that it is wrong.
      if (isUrgent || !this.#isEmpty || alwaysAsks()) throw error
      return NOBODY_ELSE
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** An account that is added elsewhere counts here also where nobody asks before a restart. */
  #follow(): void {
    void this.known(false)
      .then(
        () => {
          this.#isUntold = false
        },
        (error: unknown) => this.#say(error),
      )
      .finally(() => {
        if (this.#isStopped) return
        this.#timer = this.#deps.clock.after(FOLLOW_MS, () => this.#follow())
      })
  }

  #say(error: unknown): void {
    if (this.#isUntold) return
    this.#isUntold = true
    const message = 'nobody comes in whom only the database could tell'
    this.#deps.log.warn(message, { error: messageOf(error) })
  }

  /** Whether there is an account is written down until that has succeeded. */
  #remember({ isEmpty, stored: { revision } }: KnownAccounts): void {
    // An answer that was overtaken by another one opens nothing.
    if (isEmpty && revision < this.#revision) return
    this.#revision = revision
    this.#isEmpty = isEmpty
    if (isEmpty === this.#isWrittenEmpty) return
    const { file, database, log } = this.#deps
    try {
      if (isEmpty) {
        writeWholeFile(file, database)
      } else {
        rmSync(file, { force: true })
        syncFolder(dirname(file))
      }
      this.#isWrittenEmpty = isEmpty
      this.#hasFailed = false
    } catch (error) {
      if (this.#hasFailed) return
      this.#hasFailed = true
      const reason = { file, error: messageOf(error) }
      log.warn('it could not be written down whether there are accounts, trying again', reason)
    }
  }
}

/** Whether the database said last that there is no account; false for a file that does not say so. */
function readIsEmpty({ file, database }: RememberedDeps): boolean {
  try {
    return readFileSync(file, 'utf8') === database
  } catch {
    return false // absent or unreadable: nothing is known, which lets nobody in
  }
}
