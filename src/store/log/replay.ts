/** Reading a log back: every whole record once, in order, damage copied aside. */
import { join } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import type { FileSystem } from './files.ts'
import { readSegment, type SegmentName } from './segment.ts'

/** Folder of the damaged bytes, inside the log's. */
const QUARANTINE_DIR = 'quarantine'

/** Most bytes kept there; a segment whose damage does not fit any more stays where it is. */
export const QUARANTINE_BYTES_MAX: number = 64 * 1024 * 1024

/** What a replay found. */
export interface ReplayReport {
  /** Records handed to the callback. */
  readonly records: number
  /** Places where bytes were skipped. */
  readonly damages: number
  /** Bytes skipped as damage; they are copied to `quarantine/`. */
  readonly damagedBytes: number
  /** Bytes of unfinished records at the end of segments. */
  readonly tornBytes: number
}

/** A segment after its replay. */
export interface ReplayedSegment {
  readonly name: SegmentName
  readonly sizeBytes: number
  /** Highest sequence that may lie in it. */
  readonly lastSequence: number
  /** Its damage could not be copied, so it must stay. */
  readonly kept: boolean
  /** Holds neither a record nor damage. */
  readonly empty: boolean
}

export interface ReplayResult {
  readonly report: ReplayReport
  readonly segments: readonly ReplayedSegment[]
  /** Highest sequence seen; -1 for none. */
  readonly lastSequence: number
}

type Each = (sequence: number, payload: Uint8Array) => void

/** A record that the next segment may hold once more. */
interface HeldRecord {
  readonly sequence: number
  readonly payload: Uint8Array
}

/**
 * Reads segments in the order of their numbers.
 *
 * After a failed write the records that were not synced are written again, with the same sequences,
 * at the start of the next segment. Records of a segment that the next one may repeat are therefore
 * held back and merged with what that one really has.
 *
 * @throws NarthexError `corrupt` for a segment of a newer version
 */
export function replaySegments(
  files: FileSystem,
  dir: string,
  names: readonly SegmentName[],
  fromSequence: number,
  each: Each,
  log: Log,
): ReplayResult {
  const quarantine = openQuarantine(files, dir, log)
  const total = { records: 0, damages: 0, damagedBytes: 0, tornBytes: 0 }
  const segments: ReplayedSegment[] = []
  let lastSequence = -1
  let held: HeldRecord[] = []

  function emit(sequence: number, payload: Uint8Array): void {
    if (sequence <= lastSequence) return
    lastSequence = sequence
    if (sequence < fromSequence) return
    total.records++
    each(sequence, payload)
  }

  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    const repeatedFrom = i + 1 < names.length ? names[i + 1].firstSequence : Infinity
    const earlier = held
    held = []
    let earlierIndex = 0
    const take = (sequence: number, payload: Uint8Array): void => {
      if (sequence < repeatedFrom) emit(sequence, payload)
      else held.push({ sequence, payload: payload.slice() })
    }
    const takeEarlier = (below: number): void => {
      while (earlierIndex < earlier.length && earlier[earlierIndex].sequence < below) {
        const record = earlier[earlierIndex++]
        take(record.sequence, record.payload)
      }
    }

    let highest = -1
    let damaged = false
    let kept = false
    const bytes = readWhole(files, join(dir, name.name), log)
    if (bytes === undefined) {
      total.damages++
      damaged = true
      kept = true
    } else {
      readSegment(bytes, name, {
        record(sequence, payload) {
          highest = Math.max(highest, sequence)
          takeEarlier(sequence)
          take(sequence, payload)
        },
        damage(from, to) {
          damaged = true
          total.damages++
          total.damagedBytes += to - from
          if (!quarantine(name, from, bytes.subarray(from, to))) kept = true
        },
        torn(from) {
          total.tornBytes += bytes.length - from
        },
      })
    }
    takeEarlier(Infinity)
    const last = damaged && repeatedFrom !== Infinity ? repeatedFrom - 1 : -1
    segments.push({
      name,
      sizeBytes: bytes?.length ?? 0,
      lastSequence: Math.max(highest, last),
      kept,
      empty: highest < 0 && !damaged,
    })
  }
  for (const record of held) emit(record.sequence, record.payload)
  return { report: total, segments, lastSequence }
}

function readWhole(files: FileSystem, path: string, log: Log): Uint8Array | undefined {
  try {
    return files.read(path)
  } catch (error) {
    log.error('cannot read log segment; its records are missing until it can be read', {
      path,
      error: messageOf(error),
    })
    return undefined
  }
}

/** Hands back a function that copies damaged bytes aside and says whether they are safe there. */
function openQuarantine(
  files: FileSystem,
  dir: string,
  log: Log,
): (name: SegmentName, from: number, bytes: Uint8Array) => boolean {
  const folder = join(dir, QUARANTINE_DIR)
  let sizeBytes = -1

  return (name, from, bytes) => {
    const path = join(folder, `${name.name}-${from}.bad`)
    try {
      if (sizeBytes < 0) {
        files.makeDir(folder)
        sizeBytes = 0
        for (const file of files.list(folder)) sizeBytes += files.size(join(folder, file))
      }
      if (files.list(folder).includes(`${name.name}-${from}.bad`)) return true
      if (sizeBytes + bytes.length > QUARANTINE_BYTES_MAX) {
        throw new NarthexError('io', `the quarantine holds ${sizeBytes} bytes, no more fit`)
      }
      files.write(path, bytes)
      sizeBytes += bytes.length
      log.warn('skipped damaged bytes of the log and copied them aside', {
        segment: name.name,
        from,
        sizeBytes: bytes.length,
        path,
      })
      return true
    } catch (error) {
      log.error('cannot copy damaged bytes of the log aside; the segment stays', {
        segment: name.name,
        from,
        sizeBytes: bytes.length,
        error: messageOf(error),
      })
      return false
    }
  }
}
