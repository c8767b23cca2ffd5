/** Files that get one JSON line for each failed scrape, as `scrape_failure_log_file` asks. */
import { appendFile } from 'node:fs/promises'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'

/** Characters that wait for one file; what comes while it is slower is left out and counted. */
export const FAILURE_LOG_PENDING_MAX: number = 1024 * 1024

interface Pending {
  text: string
  lost: number
}

/** Writes to any number of files, to each in order. */
export class FailureLogs {
  readonly #log: Log
  readonly #pending: Map<string, Pending> = new Map()
  readonly #writing: Set<Promise<void>> = new Set()

  constructor(log: Log) {
    this.#log = log
  }

  /** Adds a line to a file, soon. */
  write(file: string, fields: Readonly<Record<string, string>>): void {
    const line = `${JSON.stringify(fields)}\n`
    const pending = this.#pending.get(file)
    if (pending === undefined) {
      this.#pending.set(file, { text: line, lost: 0 })
      const writing = this.#drain(file).finally(() => this.#writing.delete(writing))
      this.#writing.add(writing)
    } else if (pending.text.length + line.length <= FAILURE_LOG_PENDING_MAX) pending.text += line
    else pending.lost++
  }

  /** Resolves when everything is written. */
  async settle(): Promise<void> {
    await Promise.all(this.#writing)
  }

  async #drain(file: string): Promise<void> {
    for (;;) {
      const pending = this.#pending.get(file)
      if (pending === undefined || pending.text === '') break
      const { text, lost } = pending
      this.#pending.set(file, { text: '', lost: 0 })
      try {
        await appendFile(file, text)
        if (lost > 0) this.#log.warn('cannot log all failed scrapes', { file, lost })
      } catch (error) {
        this.#log.warn('cannot log failed scrapes', { file, error: messageOf(error) })
      }
    }
    this.#pending.delete(file)
  }
}
