/** The windows of a data folder: which there are, which holds a time, which are gone. */
import fs from 'node:fs'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Environment } from '../lmdb/environment.ts'
import type { AnnouncedWindows } from './attach.ts'
import type { Gap, OpenWindow, WindowDirectory } from './blockreader.ts'
import { isNewerVersion, openWindowFile, readCounters } from './windowfile.ts'
import {
  currentWindows,
  formatWindowName,
  parseWindowName,
  spanOf,
  WINDOW_SPANS_MS,
  type WindowName,
} from './windowname.ts'

/** Folders in the data folder. */
export const WINDOWS_DIR = 'windows'
const QUARANTINE_DIR = 'quarantine'
const LOCK_SUFFIX = '-lock'
/** An empty file of this name lies beside a window until the window is complete. */
const UNFINISHED_SUFFIX = '.new'
/** Windows that nobody refers to any more, on their way out. */
const GONE_SUFFIX = '.gone'

/** How far back the level above begins, as a multiple of its span. */
const SETTLED_SPANS = 2

/** All windows, open for writing; for the one thread that writes. */
export class Windows implements WindowDirectory {
  readonly dir: string
  readonly #log: Log
  #open: OpenWindow[] = []
  readonly #gaps: Gap[] = []
  #quarantinedCount = 0
  /** Called when the set of windows has changed. */
  onChange: () => void = () => {}

  /** Opens what is there. A file that cannot be opened is moved aside, with its reason in the log. */
  constructor(path: string, log: Log) {
    this.dir = join(path, WINDOWS_DIR)
    this.#log = log
    fs.mkdirSync(this.dir, { recursive: true })
    this.#openAll(this.#clean())
  }

  renew(): void {}

  /** What readers in other threads open. */
  announced(): AnnouncedWindows {
    return { names: this.#open.map(({ name }) => formatWindowName(name)), gaps: this.#gaps }
  }

  gaps(): readonly Gap[] {
    return this.#gaps
  }

  current(): readonly OpenWindow[] {
    return this.#open
  }

  /** The window that holds a time, made when it is missing. */
  forTime(timeMs: number, newestMs: number, spanMsMax: number): OpenWindow {
    const found = this.#open.find(({ name }) => name.fromMs <= timeMs && timeMs < name.toMs)
    if (found !== undefined) return found
    const span = this.#spanFor(timeMs, newestMs, spanMsMax)
    return this.#add({ ...span, generation: 1 })
  }

  /** Makes a window that is no part of the set until `replace`; a crash before that removes it. */
  create(name: WindowName): OpenWindow {
    const path = join(this.dir, formatWindowName(name))
    try {
      fs.writeFileSync(path + UNFINISHED_SUFFIX, '')
      for (const stale of [path, path + LOCK_SUFFIX]) fs.rmSync(stale, { force: true })
      syncDir(this.dir)
      return { name, environment: openWindowFile(path, false) }
    } catch (error) {
      throw new NarthexError('busy', `cannot make window ${path}: ${messageOf(error)}`, error)
    }
  }

  /** Gives up a window made by `create`. */
  async abandon(window: OpenWindow): Promise<void> {
    await this.#drop(window)
  }

  /** Puts a finished window in the place of those it was made from. */
  async replace(window: OpenWindow, sources: readonly OpenWindow[]): Promise<void> {
    fs.rmSync(join(this.dir, formatWindowName(window.name)) + UNFINISHED_SUFFIX, { force: true })
    syncDir(this.dir)
    this.#open = [...this.#open.filter((open) => !sources.includes(open)), window].sort(byTime)
    this.onChange()
    for (const source of sources) await this.#drop(source)
  }

  /** Removes a window: first its name, then, when that is on disk, its bytes. */
  async remove(window: OpenWindow): Promise<void> {
    this.#open = this.#open.filter((open) => open !== window)
    this.onChange()
    await this.#drop(window)
  }

  /** Windows that this start has moved aside because they are damaged. */
  get quarantinedCount(): number {
    return this.#quarantinedCount
  }

  sizeBytes(): number {
    let sizeBytes = 0
    for (const { environment } of this.#open) sizeBytes += environment.sizeBytes()
    return sizeBytes
  }

  async close(): Promise<void> {
    for (const { environment } of this.#open) await environment.close()
    this.#open = []
  }

  #add(name: WindowName): OpenWindow {
    const path = join(this.dir, formatWindowName(name))
    let environment: Environment
    try {
      environment = openWindowFile(path, false)
    } catch (error) {
      throw new NarthexError('busy', `cannot make window ${path}: ${messageOf(error)}`, error)
    }
    const window = { name, environment }
    this.#open = [...this.#open, window].sort(byTime)
    this.onChange()
    return window
  }

  /** Fresh times get a window of two hours; long settled ones that of a higher level, if it is free. */
  #spanFor(timeMs: number, newestMs: number, spanMsMax: number): { fromMs: number; toMs: number } {
    for (let level = WINDOW_SPANS_MS.length - 1; level > 0; level--) {
      const spanMs = WINDOW_SPANS_MS[level]
      if (spanMs > spanMsMax || newestMs - timeMs < SETTLED_SPANS * spanMs) continue
      const span = spanOf(timeMs, spanMs)
      const isFree = this.#open.every(
        ({ name }) => name.toMs <= span.fromMs || name.fromMs >= span.toMs,
      )
      if (isFree) return span
    }
    return spanOf(timeMs, WINDOW_SPANS_MS[0])
  }

  async #drop(window: OpenWindow): Promise<void> {
    const { environment, name } = window
    await environment.close()
    try {
      this.#unlink(formatWindowName(name))
    } catch (error) {
      this.#log.warn('a window could not be removed; the next start tries again', {
        window: formatWindowName(name),
        reason: messageOf(error),
      })
    }
  }

  /** Renaming takes no room, so it works on a full disk. */
  #unlink(fileName: string): void {
    const path = join(this.dir, fileName)
    fs.renameSync(path, path + GONE_SUFFIX)
    syncDir(this.dir)
    fs.rmSync(path + GONE_SUFFIX, { force: true })
    fs.rmSync(path + LOCK_SUFFIX, { force: true })
    fs.rmSync(path + UNFINISHED_SUFFIX, { force: true })
  }

  /** Removes what a crash left behind; returns the names of finished windows. */
  #clean(): WindowName[] {
    const files = new Set(fs.readdirSync(this.dir))
    const names: WindowName[] = []
    for (const file of files) {
      const name = parseWindowName(file)
      if (name !== undefined && !files.has(file + UNFINISHED_SUFFIX)) names.push(name)
      else if (name !== undefined) this.#unlink(file)
    }
    for (const file of files) {
      const isLeftOver = file.endsWith(GONE_SUFFIX) || file.endsWith(UNFINISHED_SUFFIX)
      if (isLeftOver) fs.rmSync(join(this.dir, file), { force: true })
    }
    return names
  }

  /** Opens what is current, and removes what that replaces; a damaged window replaces nothing. */
  #openAll(names: readonly WindowName[]): void {
    const damaged = new Set<WindowName>()
    for (let isSettled = false; !isSettled; ) {
      isSettled = true
      for (const name of currentWindows(names.filter((each) => !damaged.has(each)))) {
        if (this.#open.some((window) => window.name === name)) continue
        const environment = this.#openOrQuarantine(name)
        if (environment !== undefined) this.#open.push({ name, environment })
        else {
          damaged.add(name)
          isSettled = false
        }
      }
    }
    const opened = new Set(this.#open.map(({ name }) => name))
    for (const name of names) {
      if (!opened.has(name) && !damaged.has(name)) this.#unlink(formatWindowName(name))
    }
    this.#open.sort(byTime)
  }

  #openOrQuarantine(name: WindowName): Environment | undefined {
    const path = join(this.dir, formatWindowName(name))
    try {
      checkWindowFile(path)
      const environment = openWindowFile(path, false)
      readCounters(environment)
      return environment
    } catch (error) {
      if (isNewerVersion(error)) throw error
      this.#quarantine(formatWindowName(name))
      this.#quarantinedCount++
      this.#log.error('a window is damaged and was moved aside', {
        window: formatWindowName(name),
        reason: messageOf(error),
      })
      return undefined
    }
  }

  /** Nothing damaged is deleted: it moves aside, under a name that is free there. */
  #quarantine(fileName: string): void {
    const dir = join(this.dir, QUARANTINE_DIR)
    fs.mkdirSync(dir, { recursive: true })
    let target = join(dir, fileName)
    for (let copy = 1; fs.existsSync(target); copy++) target = join(dir, `${fileName}.${copy}`)
    fs.renameSync(join(this.dir, fileName), target)
    fs.rmSync(join(this.dir, fileName) + LOCK_SUFFIX, { force: true })
  }
}

/** The windows as a reader in another thread opens them, by the names that the writer announces. */
export class ReadOnlyWindows implements WindowDirectory {
  readonly #dir: string
  readonly #open = new Map<string, OpenWindow>()
  readonly #announced: () => AnnouncedWindows
  #current: OpenWindow[] = []
  #gaps: readonly Gap[] = []

  /** @param announced the windows that the writer has announced last */
  constructor(path: string, announced: () => AnnouncedWindows) {
    this.#dir = join(path, WINDOWS_DIR)
    this.#announced = announced
  }

  gaps(): readonly Gap[] {
    return this.#gaps
  }

  renew(): void {
    const { names, gaps } = this.#announced()
    this.#gaps = gaps
    const current: OpenWindow[] = []
    for (const file of names) {
      const window = this.#open.get(file) ?? this.#openWindow(file)
      if (window !== undefined) current.push(window)
    }
    for (const [file, { environment }] of this.#open) {
      if (names.includes(file)) continue
      this.#open.delete(file)
      void environment.close()
    }
    this.#current = current
  }

  current(): readonly OpenWindow[] {
    return this.#current
  }

  close(): void {
    for (const { environment } of this.#open.values()) void environment.close()
    this.#open.clear()
    this.#current = []
  }

  /** Undefined when retention or a merge has removed the window since it was announced. */
  #openWindow(file: string): OpenWindow | undefined {
    const name = parseWindowName(file)
    const path = join(this.#dir, file)
    if (name === undefined || !fs.existsSync(path)) return undefined
    const window = { name, environment: openWindowFile(path, true) }
    this.#open.set(file, window)
    return window
  }
}

function byTime(a: OpenWindow, b: OpenWindow): number {
  return a.name.fromMs - b.name.fromMs
}

const PAGE_BYTES = 4096
const LMDB_MAGIC = 0xbeefc0de
/** Where the two meta pages have their magic and their last page number. */
const MAGIC_AT = 24
const LAST_PAGE_AT = MAGIC_AT + 4 + 4 + 8 + 8 + 2 * 48

/**
 * Refuses a file that LMDB would open and then crash on: one that is cut, or whose first pages are
 * not those of an environment.
 *
 * @source lmdb.h and mdb.c, MDB_meta: magic, version, address, map size, two databases, last page
 */
function checkWindowFile(path: string): void {
  const sizeBytes = fs.statSync(path).size
  const descriptor = fs.openSync(path, 'r')
  try {
    const head = Buffer.alloc(2 * PAGE_BYTES)
    if (fs.readSync(descriptor, head, 0, head.length, 0) < head.length) {
      throw new NarthexError(
        'corrupt',
        `cannot open window ${path}: ${sizeBytes} bytes are too few`,
      )
    }
    for (const page of [0, PAGE_BYTES]) {
      if (head.readUInt32LE(page + MAGIC_AT) !== LMDB_MAGIC) {
        throw new NarthexError('corrupt', `cannot open window ${path}: no LMDB at byte ${page}`)
      }
    }
    const lastPage = Math.max(
      head.readUIntLE(LAST_PAGE_AT, 6),
      head.readUIntLE(PAGE_BYTES + LAST_PAGE_AT, 6),
    )
    if ((lastPage + 1) * PAGE_BYTES > sizeBytes) {
      throw new NarthexError(
        'corrupt',
        `cannot open window ${path}: ${sizeBytes} bytes of ${(lastPage + 1) * PAGE_BYTES} are there`,
      )
    }
  } finally {
    fs.closeSync(descriptor)
  }
}

function syncDir(dir: string): void {
  const descriptor = fs.openSync(dir, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}
