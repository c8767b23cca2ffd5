/** A difference as rows to be drawn: what has changed with some lines around it, the rest folded away. */
import { diffLines, linesOf } from '../../src/model/textdiff.ts'

/** A line on one side; the middle of it is what differs from the line beside it. */
export interface Side {
  /** From 1. */
  readonly number: number
  readonly before: string
  readonly middle: string
  readonly after: string
}

export type Row =
  | { readonly kind: 'same'; readonly a: Side; readonly b: Side }
  /** One side is undefined where there are more lines on the other. */
  | { readonly kind: 'changed'; readonly a: Side | undefined; readonly b: Side | undefined }
  /** Lines that are the same in both. */
  | { readonly kind: 'folded'; readonly rows: readonly Row[] }

/** Lines that stay around a change. */
const AROUND = 3
/** Most rows that are drawn: a browser draws no more than that in a moment. */
export const ROWS_MAX = 4000

export interface Diff {
  readonly rows: readonly Row[]
  readonly added: number
  readonly gone: number
  /** Rows that are not drawn. */
  readonly cut: number
}

export function diffOf(a: string, b: string): Diff {
  const [linesA, linesB] = [linesOf(a), linesOf(b)]
  const rows: Row[] = []
  let [added, gone] = [0, 0]
  const pieces = diffLines(linesA, linesB)
  for (const [index, { isSame, fromA, toA, fromB, toB }] of pieces.entries()) {
    if (isSame) {
      const same = linesA.slice(fromA, toA).map((text, n): Row => {
        return { kind: 'same', a: whole(fromA + n, text), b: whole(fromB + n, text) }
      })
      rows.push(...foldRows(same, index === 0, index === pieces.length - 1))
      continue
    }
    added += toB - fromB
    gone += toA - fromA
    for (let n = 0; n < Math.max(toA - fromA, toB - fromB); n++) {
      const textA = fromA + n < toA ? linesA[fromA + n] : undefined
      const textB = fromB + n < toB ? linesB[fromB + n] : undefined
      rows.push(changedRow(fromA + n, textA, fromB + n, textB))
    }
  }
  const cut = Math.max(0, rows.length - ROWS_MAX)
  return { rows: rows.slice(0, ROWS_MAX), added, gone, cut }
}

/** Nothing is folded for one line less. */
function foldRows(rows: readonly Row[], isFirst: boolean, isLast: boolean): readonly Row[] {
  const head = isFirst ? 0 : AROUND
  const tail = isLast ? 0 : AROUND
  const folded = rows.slice(head, rows.length - tail)
  if (folded.length < 2) return rows
  return [
    ...rows.slice(0, head),
    { kind: 'folded', rows: folded },
    ...rows.slice(rows.length - tail),
  ]
}

function changedRow(
  indexA: number,
  textA: string | undefined,
  indexB: number,
  textB: string | undefined,
): Row {
  if (textA === undefined || textB === undefined) {
    return {
      kind: 'changed',
      a: textA === undefined ? undefined : whole(indexA, textA),
      b: textB === undefined ? undefined : whole(indexB, textB),
    }
  }
  const room = Math.min(textA.length, textB.length)
  let head = 0
  while (head < room && textA[head] === textB[head]) head++
  let tail = 0
  while (tail < room - head && textA.at(-1 - tail) === textB.at(-1 - tail)) tail++
  // Lines that have next to nothing in common are different as a whole.
  const isAlike = head + tail > room / 3
  const cutOf = (index: number, text: string): Side =>
    isAlike
      ? {
          number: index + 1,
          before: text.slice(0, head),
          middle: text.slice(head, text.length - tail),
          after: text.slice(text.length - tail),
        }
      : whole(index, text)
  return { kind: 'changed', a: cutOf(indexA, textA), b: cutOf(indexB, textB) }
}

function whole(index: number, text: string): Side {
  return { number: index + 1, before: text, middle: '', after: '' }
}
