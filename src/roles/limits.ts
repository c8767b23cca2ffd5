/** Bounds that depend on the machine, where the flags leave them to us. */
import { statfsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { makeFolder } from '../base/folder.ts'

/** Series by default, when there is memory for them. */
const SERIES_MAX = 1_000_000
/** Memory that a series may need at the most, everything counted, in bytes. */
const SERIES_BYTES = 6144
/** Share of the series bound that may be new in one minute. */
const NEW_SERIES_SHARE = 0.2
/** Free space that is kept: this many bytes or this share of the disk, the larger … */
const FREE_BYTES_MIN = 100 * 1024 * 1024
const FREE_SHARE_MIN = 0.02
/** … but never more than this share of a small disk. */
const FREE_SHARE_MAX = 0.1

/** What the flags say, `auto` where they leave it open. */
export interface AutoLimits {
  readonly storagePath: string
  readonly minFreeBytes: number | 'auto'
  readonly seriesMax: number | 'auto'
  readonly newSeriesPerMinuteMax: number | 'auto'
}

/** The bounds of the store as numbers. */
export function autoLimits(options: AutoLimits): {
  minFreeBytes: number
  seriesMax: number
  newSeriesPerMinuteMax: number
} {
  const { storagePath, minFreeBytes, seriesMax, newSeriesPerMinuteMax } = options
  const series = seriesMax === 'auto' ? autoSeries() : seriesMax
  return {
    minFreeBytes: minFreeBytes === 'auto' ? autoFree(storagePath) : minFreeBytes,
    seriesMax: series,
    newSeriesPerMinuteMax:
      newSeriesPerMinuteMax === 'auto'
        ? Math.floor(series * NEW_SERIES_SHARE)
        : newSeriesPerMinuteMax,
  }
}

function autoSeries(): number {
  const bound = process.constrainedMemory()
  const memory = bound > 0 ? Math.min(bound, totalmem()) : totalmem()
  return Math.min(SERIES_MAX, Math.floor(memory / SERIES_BYTES))
}

function autoFree(path: string): number {
  let sizeBytes: number
  try {
    makeFolder(path)
    const { blocks, bsize } = statfsSync(path)
    sizeBytes = blocks * bsize
  } catch {
    return FREE_BYTES_MIN // opening the store says what is wrong with the folder
  }
  const wanted = Math.max(FREE_BYTES_MIN, sizeBytes * FREE_SHARE_MIN)
  return Math.floor(Math.min(wanted, sizeBytes * FREE_SHARE_MAX))
}
