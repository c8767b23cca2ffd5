/** The segments of a log on disk: which there are, how large, and which may go. */
import { join } from 'node:path'
import { messageOf } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { FileSystem } from './files.ts'
import { SEGMENT_HEADER_BYTES, type SegmentName } from './segment.ts'

/** A segment on disk. */
export interface Segment {
  readonly name: SegmentName
  sizeBytes: number
  /** Highest sequence that may lie in it. */
  lastSequence: number
  /** Never removed: its damage is nowhere else. */
  readonly kept: boolean
}

/** Segments by rising number. */
export class SegmentList {
  readonly #files: FileSystem
  readonly #dir: string
  readonly #log: Log
  readonly #segments: Segment[] = []

  constructor(files: FileSystem, dir: string, log: Log) {
    this.#files = files
    this.#dir = dir
    this.#log = log
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
  }

  /** A new one, of which only the header is written. */
  addNew(name: SegmentName): void {
    this.add({
      name,
      sizeBytes: SEGMENT_HEADER_BYTES,
      lastSequence: name.firstSequence - 1,
      kept: false,
    })
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1)
  }

  get sizeBytes(): number {
    let sizeBytes = 0
    for (const segment of this.#segments) sizeBytes += segment.sizeBytes
    return sizeBytes
  }

  /** Removes those whose records all lie below `sequence`, the newest left out while it is open. */
  dropBelow(sequence: number, isNewestOpen: boolean): void {
    const closedCount = this.#segments.length - (isNewestOpen ? 1 : 0)
    for (const segment of this.#segments.slice(0, closedCount)) {
      if (!segment.kept && segment.lastSequence < sequence) this.remove(segment)
    }
  }

  /** Removes the file; where that fails the segment stays in the list and is tried again. */
  remove(segment: Segment): void {
    if (!this.removeFile(segment.name)) return
    const at = this.#segments.indexOf(segment)
    if (at >= 0) this.#segments.splice(at, 1)
  }

  removeFile(name: SegmentName): boolean {
    try {
      this.#files.remove(join(this.#dir, name.name))
      return true
    } catch (error) {
      this.#log.warn('cannot remove log segment; it is tried again', {
        segment: name.name,
        error: messageOf(error),
      })
      return false
    }
  }
}
