/** What the threads of the interleaving test share: the model of the store, and the words between them. */
import { STRAND_SERIES } from '../../../src/store/metrics/layout.ts'

/** Groups, and shapes in each; the series of the last group have times of their own. */
export const GROUPS = 2
/** The first of a group begin as strands, the others as rows. */
export const SHAPES: number = STRAND_SERIES + 2
/** Rows of a round; each round has a window of its own. */
export const ROWS = 3
export const ROUND_MS = 7_200_000
/** Rounds that are selected with their samples. */
export const ROUNDS_SELECTED = 5

/** Questions that a reader asks. */
export const QUESTIONS = ['select', 'series', 'values', 'valuesOfAll', 'estimate'] as const

/** Slots of the shared int32s. */
export const JOB = 0
export const QUESTION = 1
export const ROUNDS = 2
/** The point at which the reader stops, and waits for GO; -1: nowhere. */
export const STOP_AT = 3
export const STATE = 4
export const GO = 5
export const SLOT_COUNT = 6

/** States. */
export const ASKED = 1
export const STOPPED = 2
/** Answered rightly; not at all, because a row was being written; or wrongly. */
export const RIGHT = 3
export const BLOCKED = 4
export const WRONG = 5

export function timeOf(group: number, shape: number, row: number): number {
  const apartMs = group === GROUPS - 1 ? 7 * shape : 0
  return Math.floor(row / ROWS) * ROUND_MS + (row % ROWS) * 1000 + apartMs
}

export function cellOf(group: number, shape: number, row: number): number {
  return row * 100 + group * 10 + shape + 0.5
}

export interface SteppingData {
  /** Of `attachReader`. */
  readonly data: unknown
  readonly words: Int32Array
}
