/** What is different between two texts, line by line, and how two changes of one text go together. */

/** A run of lines: the same in both, or lines of the one in the place of lines of the other. */
export interface Piece {
  readonly isSame: boolean
  /** Lines `[fromA, toA)` of the one, `[fromB, toB)` of the other. */
  readonly fromA: number
  readonly toA: number
  readonly fromB: number
  readonly toB: number
}

/** Two changes put together. */
export interface Merged {
  readonly text: string
  /** Places that both have changed, each between lines of seven `<`, `=` and `>`. */
  readonly conflicts: number
}

/**
 * Most lines that are looked for as added or gone: texts that have more in common than that would
 * take too long, and what lies between their common beginning and end counts as replaced.
 */
export const DIFF_EDITS_MAX = 2000

/** The lines of a text; their ends belong to nobody. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n')
}

/**
 * The shortest way from one list of lines to another, as runs that cover both (E. W. Myers, "An
 * O(ND) difference algorithm", 1986).
 */
export function diffLines(a: readonly string[], b: readonly string[]): readonly Piece[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  const room = Math.min(a.length, b.length) - start
  while (end < room && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const pieces = new Pieces()
  pieces.keep(start)
  const [restA, restB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  const steps = stepsBetween(...numberLines(restA, restB))
  if (steps === undefined) pieces.replace(restA.length, restB.length)
  else for (const { gone, added, kept } of steps) pieces.replace(gone, added).keep(kept)
  pieces.keep(end)
  return pieces.all
}

/** Collects runs; what follows each other and is of one kind is one. */
class Pieces {
  readonly all: Piece[] = []
  #a = 0
  #b = 0

  keep(count: number): this {
    return this.#add(true, count, count)
  }

  replace(gone: number, added: number): this {
    return this.#add(false, gone, added)
  }

  #add(isSame: boolean, countA: number, countB: number): this {
    if (countA === 0 && countB === 0) return this
    const [fromA, fromB] = [this.#a, this.#b]
    this.#a += countA
    this.#b += countB
    const last = this.all.at(-1)
    const next = { isSame, fromA, toA: this.#a, fromB, toB: this.#b }
    if (last?.isSame !== isSame) this.all.push(next)
    else this.all[this.all.length - 1] = { ...next, fromA: last.fromA, fromB: last.fromB }
    return this
  }
}

/** Equal lines get equal numbers: these are compared faster. */
function numberLines(a: readonly string[], b: readonly string[]): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>()
  const numberOf = (line: string): number => {
    const known = numbers.get(line) ?? numbers.size
    numbers.set(line, known)
    return known
  }
  return [Int32Array.from(a, numberOf), Int32Array.from(b, numberOf)]
}

interface Step {
  readonly gone: number
  readonly added: number
  readonly kept: number
}

/** @returns undefined where it takes more than DIFF_EDITS_MAX lines that are added or gone */
function stepsBetween(a: Int32Array, b: Int32Array): readonly Step[] | undefined {
  const most = Math.min(a.length + b.length, DIFF_EDITS_MAX)
  /** Of each diagonal `x - y`, at `diagonal + most + 1`, how far in `a` one gets. */
  const reached = new Int32Array(2 * most + 3)
  const trace: Int32Array[] = []
  for (let edits = 0; edits <= most; edits++) {
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = diagonal + most + 1
      const goesDown =
        diagonal === -edits || (diagonal !== edits && reached[at - 1] < reached[at + 1])
      let x = goesDown ? reached[at + 1] : reached[at - 1] + 1
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++
      reached[at] = x
      if (x >= a.length && x - diagonal >= b.length) {
        return walkBack(trace, a.length, b.length)
      }
    }
    trace.push(reached.slice(most + 1 - edits, most + 2 + edits))
  }
  return undefined
}

/** @param trace how far each number of edits got, its diagonals from `-edits` to `edits` */
function walkBack(trace: readonly Int32Array[], lengthA: number, lengthB: number): Step[] {
  const steps: Step[] = []
  let [x, y] = [lengthA, lengthB]
  for (let edits = trace.length; edits > 0; edits--) {
    const before = trace[edits - 1]
    const diagonal = x - y
    const reachedAt = (other: number): number => before[other + edits - 1] ?? -1
    const goesDown =
      diagonal === -edits ||
      (diagonal !== edits && reachedAt(diagonal - 1) < reachedAt(diagonal + 1))
    const fromX = goesDown ? reachedAt(diagonal + 1) : reachedAt(diagonal - 1)
    const fromY = goesDown ? fromX - diagonal - 1 : fromX - diagonal + 1
    const kept = x - fromX - (goesDown ? 0 : 1)
    steps.push({ gone: goesDown ? 0 : 1, added: goesDown ? 1 : 0, kept })
    x = fromX
    y = fromY
  }
  steps.push({ gone: 0, added: 0, kept: x })
  return steps.reverse()
}

/** Lines of the base that somebody has put others in the place of. */
interface Change {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

/** Puts two changes of one text together; what both have changed stands there as both have it. */
export function mergeTexts(base: string, yours: string, theirs: string): Merged {
  const lines = linesOf(base)
  const [ours, others] = [changesOf(lines, linesOf(yours)), changesOf(lines, linesOf(theirs))]
  const merged: string[] = []
  let conflicts = 0
  let at = 0
  while (ours.length > 0 || others.length > 0) {
    const from = Math.min(ours[0]?.from ?? Infinity, others[0]?.from ?? Infinity)
    const group = takeGroup(from, ours, others)
    const inPlace = (changes: readonly Change[]): readonly string[] =>
      applyChanges(lines, from, group.to, changes)
    merged.push(...lines.slice(at, from))
    at = group.to
    const [one, other] = [inPlace(group.ours), inPlace(group.others)]
    if (group.others.length === 0 || isSameList(one, other)) merged.push(...one)
    else if (group.ours.length === 0) merged.push(...other)
    else {
      conflicts++
      merged.push('<<<<<<< yours', ...one, '=======', ...other, '>>>>>>> theirs')
    }
  }
  merged.push(...lines.slice(at))
  return { text: merged.join('\n'), conflicts }
}

function changesOf(base: readonly string[], text: readonly string[]): Change[] {
  return diffLines(base, text)
    .filter(({ isSame }) => !isSame)
    .map(({ fromA, toA, fromB, toB }) => ({ from: fromA, to: toA, lines: text.slice(fromB, toB) }))
}

/** Takes off the changes that touch each other, beginning at a line. */
function takeGroup(
  from: number,
  ours: Change[],
  others: Change[],
): { readonly to: number; readonly ours: readonly Change[]; readonly others: readonly Change[] } {
  const taken: { ours: Change[]; others: Change[] } = { ours: [], others: [] }
  let to = from
  for (let isGrowing = true; isGrowing; ) {
    isGrowing = false
    for (const [changes, into] of [
      [ours, taken.ours],
      [others, taken.others],
    ] as const) {
      while (changes.length > 0 && changes[0].from <= to) {
        const change = changes.shift() as Change
        into.push(change)
        to = Math.max(to, change.to)
        isGrowing = true
      }
    }
  }
  return { to, ...taken }
}

function applyChanges(
  base: readonly string[],
  from: number,
  to: number,
  changes: readonly Change[],
): readonly string[] {
  const lines: string[] = []
  let at = from
  for (const change of changes) {
    lines.push(...base.slice(at, change.from), ...change.lines)
    at = change.to
  }
  return [...lines, ...base.slice(at, to)]
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index])
}
