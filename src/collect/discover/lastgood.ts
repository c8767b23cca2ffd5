/** Lists that sources said last, on the disk, for the time until they answer after a restart. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/error.ts'
import { makeFolder } from '../../base/folder.ts'
import type { Log } from '../../base/log.ts'
import type { Metrics } from '../../base/metrics.ts'
import { redactUrl } from '../../config/url.ts'
import { equalLabels, type Labels } from '../../model/labels.ts'
import { isRecord, parseJson } from './json.ts'

/** Largest list of one source that is kept. */
export const LIST_BYTES_MAX = 33_554_432
/** Most sources whose lists are kept. */
export const LISTS_MAX = 1000
/** How long changes of one source are gathered before they are written. */
const GATHER_MS = 5000
const VERSION = 1
const FILE_NAME = /^[0-9a-f]{32}\.json$/

/** Keeps lists by source; does nothing without a folder. */
export interface LastGood {
  /** The list that was kept, none when there is none that can be read. */
  read(source: string): readonly Labels[]
  /** Keeps a list, some time after its first change. */
  keep(source: string, targets: readonly Labels[]): void
  /** Forgets all other sources. */
  retain(sources: ReadonlySet<string>): void
  /** Writes what waits. */
  stop(): void
}

export interface LastGoodOptions {
  /** '' for no disk: then nothing is kept. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Opens the folder, and makes it with the first list. */
export function openLastGood(options: LastGoodOptions): LastGood {
  return new Folder(options)
}

/** What a source is called: equal for equal configurations whatever their secrets are. */
export function sourceName(kind: string, config: object): string {
  const text = JSON.stringify([kind, config], (_key, value: unknown) =>
    typeof value === 'string' ? redactUrl(value) : value,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

class Folder implements LastGood {
  readonly #options: LastGoodOptions
  readonly #waiting = new Map<string, readonly Labels[]>()
  /** What was read or is to be written last. */
  readonly #known = new Map<string, readonly Labels[]>()
  readonly #failures: { inc(): void }
  #timer: Timer | undefined
  #lastError = ''

  constructor(options: LastGoodOptions) {
    this.#options = options
    const help = 'Lists of discovery that could not be kept on the disk or read from it.'
    this.#failures = options.metrics.counter('narthex_sd_last_good_failures_total', help).with()
  }

  read(source: string): readonly Labels[] {
    if (this.#options.folder === '') return []
    const file = this.#fileOf(source)
    try {
      const { size } = statSync(file)
      if (size > LIST_BYTES_MAX) throw tooBig(size)
      const targets = readList(readFileSync(file, 'utf8'))
      this.#known.set(source, targets)
      return targets
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#fail('read', file, error)
      return []
    }
  }

  keep(source: string, targets: readonly Labels[]): void {
    if (this.#options.folder === '') return
    const known = this.#known.get(source)
    if (known !== undefined && equalTargets(known, targets)) return
    this.#known.set(source, targets)
    this.#waiting.set(source, targets)
    this.#timer ??= this.#options.clock.after(GATHER_MS, () => this.#write())
  }

  retain(sources: ReadonlySet<string>): void {
    const { folder } = this.#options
    if (folder === '') return
    for (const source of this.#known.keys()) {
      if (sources.has(source)) continue
      this.#known.delete(source)
      this.#waiting.delete(source)
    }
    try {
      for (const name of listNames(folder)) {
        if (!sources.has(name.slice(0, -5))) rmSync(path.join(folder, name), { force: true })
      }
    } catch (error) {
      this.#fail('read', folder, error)
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#write()
  }

  #write(): void {
    this.#timer = undefined
    for (const [source, targets] of this.#waiting) {
      const file = this.#fileOf(source)
      try {
        this.#writeList(file, targets)
        this.#lastError = ''
      } catch (error) {
        this.#fail('write', file, error)
      }
    }
    this.#waiting.clear()
  }

  /** Beside the file and then over it, so that a crash leaves the old or the new list. */
  #writeList(file: string, targets: readonly Labels[]): void {
    const { folder } = this.#options
    makeFolder(folder)
    const known = listNames(folder)
    if (known.length >= LISTS_MAX && !known.includes(path.basename(file))) {
      throw new NarthexError('limit', `${known.length} lists are kept, at most ${LISTS_MAX}`)
    }
    const text = JSON.stringify({ version: VERSION, targets })
    const sizeBytes = Buffer.byteLength(text)
    if (sizeBytes > LIST_BYTES_MAX) throw tooBig(sizeBytes)
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  #fileOf(source: string): string {
    return path.join(this.#options.folder, `${source}.json`)
  }

  #fail(verb: 'read' | 'write', file: string, error: unknown): void {
    this.#failures.inc()
    const message = messageOf(error)
    if (message === this.#lastError) return
    this.#lastError = message
    this.#options.log.warn(`cannot ${verb} the last good list of a source, it is left out`, {
      file,
      error: message,
    })
  }
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => FILE_NAME.test(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readList(text: string): readonly Labels[] {
  const value = parseJson(text, 'last good list')
  if (!isRecord(value) || value.version !== VERSION || !Array.isArray(value.targets)) {
    throw new NarthexError('corrupt', `cannot read last good list: not of version ${VERSION}`)
  }
  if (!value.targets.every(isLabels)) {
    throw new NarthexError('corrupt', 'cannot read last good list: a target is not a set of labels')
  }
  return value.targets
}

function isLabels(value: unknown): value is Labels {
  if (!Array.isArray(value) || value.length % 2 !== 0) return false
  return value.every((text) => typeof text === 'string' && text !== '')
}

function tooBig(sizeBytes: number): NarthexError {
  return new NarthexError('too_big', `${sizeBytes} bytes, at most ${LIST_BYTES_MAX}`)
}

/** Whether two lists hold the same targets in the same order. */
export function equalTargets(a: readonly Labels[], b: readonly Labels[]): boolean {
  return a.length === b.length && a.every((target, i) => equalLabels(target, b[i]))
}
