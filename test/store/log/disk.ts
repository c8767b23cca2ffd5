/** A disk in memory that loses power, tears writes and fails on request; and a clock to go with it. */
import type { Clock, Timer } from '../../../src/base/clock.ts'
import type { AppendFile, FileSystem } from '../../../src/store/log/files.ts'

const SECTOR_BYTES = 512

/** What the n-th operation does instead of its work. */
export type Fault = 'EIO' | 'ENOSPC' | 'short' | 'crash'

interface StoredFile {
  bytes: Uint8Array
  syncedBytes: number
  /** Its name survives a power cut. */
  named: boolean
}

/** Small numbers from a seed, the same ones each time. */
export function randomOf(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b)
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
    state ^= state >>> 16
    return (state >>> 0) / 2 ** 32
  }
}

/** Thrown by every operation after a crash: the process is gone. */
class Crashed extends Error {}

export class MemoryDisk implements FileSystem {
  readonly stored: Map<string, StoredFile> = new Map()
  /** Operations that may fail, counted from 1. */
  operations: number = 0
  /** Fault of an operation by its number; undefined: none. */
  faultAt: (operation: number) => Fault | undefined = () => undefined
  /** Called before a write that does not wait, to make it slow. */
  beforeWriteNow: () => void = () => {}
  #crashed = false

  makeDir(): void {
    this.#check()
  }

  list(dir: string): string[] {
    this.#check()
    const prefix = `${dir}/`
    return [...this.stored.keys()]
      .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map((path) => path.slice(prefix.length))
  }

  read(path: string): Uint8Array {
    this.#check()
    return this.#file(path).bytes.slice()
  }

  size(path: string): number {
    this.#check()
    return this.#file(path).bytes.length
  }

  write(path: string, bytes: Uint8Array): void {
    this.#step()
    this.stored.set(path, { bytes: bytes.slice(), syncedBytes: 0, named: false })
  }

  create(path: string): AppendFile {
    this.#step()
    if (this.stored.has(path)) throw errorOf('EEXIST')
    const file: StoredFile = { bytes: new Uint8Array(0), syncedBytes: 0, named: false }
    this.stored.set(path, file)
    const writeNow = (bytes: Uint8Array): number => {
      const fault = this.#step(true)
      const taken = fault === undefined ? bytes.length : bytes.length >> 1
      const grown = new Uint8Array(file.bytes.length + taken)
      grown.set(file.bytes)
      grown.set(bytes.subarray(0, taken), file.bytes.length)
      file.bytes = grown
      if (fault === 'crash') this.#crash()
      return taken
    }
    return {
      writeNow: (bytes) => {
        this.beforeWriteNow()
        return writeNow(bytes)
      },
      write: async (bytes) => writeNow(bytes),
      sync: async () => {
        this.#step()
        file.syncedBytes = file.bytes.length
      },
      close: () => this.#check(),
    }
  }

  remove(path: string): void {
    this.#step()
    this.#file(path)
    this.stored.delete(path)
  }

  async syncDir(dir: string): Promise<void> {
    this.#step()
    for (const [path, file] of this.stored) if (path.startsWith(`${dir}/`)) file.named = true
  }

  /** The disk after kill -9: everything written is there. */
  afterKill(): MemoryDisk {
    const disk = new MemoryDisk()
    for (const [path, file] of this.stored) disk.#put(path, file.bytes)
    return disk
  }

  /** The disk after a power cut: of what was not synced, sectors and names are lost at random. */
  afterPowerCut(random: () => number): MemoryDisk {
    const disk = new MemoryDisk()
    for (const [path, file] of this.stored) {
      if (!file.named && random() < 0.5) continue
      const unsynced = file.bytes.length - file.syncedBytes
      const bytes = file.bytes.slice(0, file.syncedBytes + Math.floor(random() * (unsynced + 1)))
      let sector = Math.floor(file.syncedBytes / SECTOR_BYTES) * SECTOR_BYTES
      for (; sector < bytes.length; sector += SECTOR_BYTES) {
        if (random() < 0.5) bytes.fill(0, Math.max(sector, file.syncedBytes), sector + SECTOR_BYTES)
      }
      disk.#put(path, bytes)
    }
    return disk
  }

  #put(path: string, bytes: Uint8Array): void {
    this.stored.set(path, { bytes: bytes.slice(), syncedBytes: bytes.length, named: true })
  }

  #file(path: string): StoredFile {
    const file = this.stored.get(path)
    if (file === undefined) throw errorOf('ENOENT')
    return file
  }

  #check(): void {
    if (this.#crashed) throw new Crashed()
  }

  #crash(): never {
    this.#crashed = true
    throw new Crashed()
  }

  /** Counts an operation and lets it fail; a write gets to do a part of its work first. */
  #step(partial = false): Fault | undefined {
    this.#check()
    const fault = this.faultAt(++this.operations)
    if (fault === 'crash') {
      if (partial) return fault
      this.#crash()
    }
    if (fault === 'EIO' || fault === 'ENOSPC') throw errorOf(fault)
    return fault === 'short' && partial ? fault : undefined
  }
}

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

/** A clock that moves only when it is told to. */
export class ManualClock implements Clock {
  #nowMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  /** Moves on and fires nothing: time that a call took. */
  pass(byMs: number): void {
    this.#nowMs += byMs
  }

  /** Moves on, fires what is due, and lets everything that follows from it happen. */
  async advance(byMs: number): Promise<void> {
    this.#nowMs += byMs
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs)
    for (const timer of due) timer.callback()
    await settle()
  }
}

/** Lets all promises that can go on go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
