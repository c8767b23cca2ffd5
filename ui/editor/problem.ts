/** What is wrong with a text, as it is shown in and below an editor. */

/** One thing about a text. */
export interface ShownProblem {
  /** Where it is, in short: a line, a path, or '' for the whole. */
  readonly place: string
  readonly reason: string
  readonly from: number
  readonly to: number
  readonly isHint?: boolean
}
