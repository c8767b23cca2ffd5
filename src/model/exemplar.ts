/** An exemplar: one observation behind a sample, with labels of its own, most often a trace id. */
import type { Labels } from './labels.ts'

export interface Exemplar {
  readonly labels: Labels
  readonly value: number
  /** ms since epoch; undefined when the target did not say. */
  readonly timeMs: number | undefined
}
