/** Notices that certificates or keys in files were exchanged, so that connections are made anew. */
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { TlsConfig } from '../../config/http.ts'

/** How often the files are looked at, at most. */
const LOOK_EVERY_MS = 1000

export class TlsWatch {
  /** Grows with each change that was seen. */
  generation = 0
  readonly #files: readonly string[]
  readonly #clock: Clock
  #seen: string | undefined
  #lookedMs = -Infinity

  constructor(config: TlsConfig, clock: Clock) {
    this.#files = [config.caFile, config.certFile, config.keyFile].filter((file) => file !== '')
    this.#clock = clock
  }

  /** Whether what the files say is new since the last call. A file that cannot be read is no news. */
  async hasChanged(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#files.length === 0 || nowMs - this.#lookedMs < LOOK_EVERY_MS) return false
    this.#lookedMs = nowMs
    let text: string
    try {
      const texts = await Promise.all(this.#files.map((file) => readFile(file, 'latin1')))
      text = texts.join('\0')
    } catch {
      // Connections that are open stay good; a new one reads the files itself and says what is wrong.
      return false
    }
    const isNew = this.#seen !== undefined && this.#seen !== text
    this.#seen = text
    if (isNew) this.generation++
    return isNew
  }
}
