/** The windows of a data folder: which there are, which holds a time, which are gone. */
import fs from 'node:fs'
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { Environment } from '../lmdb/environment.ts'
import type { AnnouncedWindows } from './attach.ts'
import type { Gap, OpenWindow, WindowDirectory } from './blockreader.ts'
import { removeSalvage, type Salvaged, salvageWindow } from './salvage.ts'
import { isNewerVersion, openWindowFile, readCounters } from './windowfile.ts'
import {
  currentWindows,
  formatWindowName,
  formatWindowTimes,
  parseWindowName,
  spanOf,
  WINDOW_SPANS_MS,
  WINDOW_SUFFIX,
  type WindowName,
} from './windowname.ts'

/** Folders in the data folder. */
const WINDOWS_DIR = 'windows'
const QUARANTINE_DIR = 'quarantine'
const LOCK_SUFFIX = '-lock'
/** An empty file of this name lies beside a window until the window is complete. */
const UNFINISHED_SUFFIX = '.new'
/** Windows that nobody refers to any more, on their way out. */
const GONE_SUFFIX = '.gone'

/** What is being salvaged of a damaged window. */
const SALVAGE_SUFFIX = '.salvage'
const LEFT_OVER_SUFFIXES = [
  UNFINISHED_SUFFIX,
  GONE_SUFFIX,
  SALVAGE_SUFFIX,
  SALVAGE_SUFFIX + LOCK_SUFFIX,
]
/** In the quarantine: a window of which a copy with all that could be read is in use. */
const SALVAGED_SUFFIX = '.salvaged'

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

  private constructor(path: string, log: Log) {
    this.dir = join(path, WINDOWS_DIR)
    this.#log = log
    fs.mkdirSync(this.dir, { recursive: true })
  }

  /**
   * Opens what is there. What can be read of a damaged file is written into a new one; the damaged
   * one moves aside, with its reason in the log.
   *
   * @throws NarthexError `corrupt` for a window of a newer version
   */
  static async open(path: string, log: Log): Promise<Windows> {
    const windows = new Windows(path, log)
    const names = windows.#clean()
    windows.#noteQuarantined()
    await windows.#openAll(names)
    return windows
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
      const isLeftOver = LEFT_OVER_SUFFIXES.some((suffix) => file.endsWith(suffix))
      if (isLeftOver) fs.rmSync(join(this.dir, file), { force: true })
    }
    return names
  }

  /** Opens what is current, and removes what that replaces; a damaged window replaces nothing. */
  async #openAll(names: readonly WindowName[]): Promise<void> {
    const damaged = new Set<WindowName>()
    for (let isSettled = false; !isSettled; ) {
      isSettled = true
      for (const name of currentWindows(names.filter((each) => !damaged.has(each)))) {
        if (this.#open.some((window) => window.name === name)) continue
        const environment = await this.#openOrSalvage(name, names)
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

  async #openOrSalvage(
    name: WindowName,
    names: readonly WindowName[],
  ): Promise<Environment | undefined> {
    try {
      return await this.#openChecked(name)
    } catch (error) {
      if (isNewerVersion(error)) throw error
      this.#quarantinedCount++
      const reason = messageOf(error)
      // What a crash has left of the same times is whole, what can be salvaged may not be.
      const hasSource = names.some((other) => {
        return other.fromMs === name.fromMs && other.toMs === name.toMs && other !== name
      })
      return hasSource ? this.#moveAside(name, reason) : await this.#salvage(name, reason)
    }
  }

  async #openChecked(name: WindowName): Promise<Environment> {
    const environment = openWindowFile(join(this.dir, formatWindowName(name)), false)
    try {
      readCounters(environment)
      return environment
    } catch (error) {
      await environment.close()
      throw error
    }
  }

  /** Puts a new file with all that can be read in the place of a damaged one. */
  async #salvage(name: WindowName, reason: string): Promise<Environment | undefined> {
    const file = formatWindowName(name)
    const path = join(this.dir, file)
    const salvaged = await this.#trySalvage(path)
    if (salvaged === undefined) {
      removeSalvage(path + SALVAGE_SUFFIX)
      this.#addGap(name)
      return this.#moveAside(name, reason)
    }
    this.#quarantine(file, salvaged.isComplete ? file + SALVAGED_SUFFIX : file)
    fs.renameSync(path + SALVAGE_SUFFIX, path)
    syncDir(this.dir)
    if (!salvaged.isComplete) this.#addGap(name)
    const { blocks, lostValues } = salvaged
    this.#log.error('a window is damaged; what could be read of it was written anew', {
      window: file,
      reason,
      blocks,
      lostValues,
    })
    return await this.#openChecked(name)
  }

  /** Undefined when nothing can be read of it, or when there is no room for what can. */
  async #trySalvage(path: string): Promise<Salvaged | undefined> {
    try {
      return await salvageWindow(path, path + SALVAGE_SUFFIX)
    } catch (error) {
      if (!(error instanceof NarthexError) || isNewerVersion(error)) throw error
      this.#log.error('a damaged window could not be written anew', { reason: error.message })
      return undefined
    }
  }

  #moveAside(name: WindowName, reason: string): undefined {
    const window = formatWindowName(name)
    this.#quarantine(window, window)
    fs.rmSync(join(this.dir, window))
    this.#log.error('a window is damaged and was moved aside', { window, reason })
  }

  /** Nothing damaged is deleted: it gets a second name in the quarantine, one that is free there. */
  #quarantine(file: string, wanted: string): void {
    const path = join(this.dir, file)
    const dir = join(this.dir, QUARANTINE_DIR)
    fs.mkdirSync(dir, { recursive: true })
    let target = join(dir, wanted)
    for (let copy = 1; fs.existsSync(target); copy++) target = join(dir, `${wanted}.${copy}`)
    try {
      fs.linkSync(path, target)
    } catch {
      // A file system without links; whatever else is wrong, the copy meets it, too.
      fs.copyFileSync(path, target)
    }
    syncDir(dir)
    fs.rmSync(path + LOCK_SUFFIX, { force: true })
  }

  /** Windows that earlier starts could not save stay known for as long as their file is there. */
  #noteQuarantined(): void {
    const dir = join(this.dir, QUARANTINE_DIR)
    if (!fs.existsSync(dir)) return
    for (const file of fs.readdirSync(dir)) {
      const end = file.indexOf(WINDOW_SUFFIX) + WINDOW_SUFFIX.length
      const name = parseWindowName(file.slice(0, end))
      if (name !== undefined && !file.startsWith(SALVAGED_SUFFIX, end)) this.#addGap(name)
    }
  }

  #addGap(name: WindowName): void {
    const { fromMs, toMs } = name
    const reason = `cannot read all of window ${formatWindowTimes(name)}: it was damaged and lies in ${QUARANTINE_DIR}/, samples of any series may be missing`
    if (this.#gaps.some((gap) => gap.reason === reason)) return
    this.#gaps.push({ fromMs, toMs, reason })
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

function syncDir(dir: string): void {
  const descriptor = fs.openSync(dir, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}
