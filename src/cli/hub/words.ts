/** How tools say what they have: columns, times, labels, and problems by row and field. */
import { NarthexError } from '../../base/error.ts'
import type { LabelledTarget, Outcome, Problem, RegistryPlan } from '../../model/registry.ts'
import type { ToolOutcome } from './tool.ts'

/** Rows under each other; the last column is as long as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]))
      .join('  ')
      .trimEnd(),
  )
}

/** `1 target`, `2 targets` */
export function targetCount(count: number): string {
  return count === 1 ? '1 target' : `${count} targets`
}

/** To the second, in UTC. */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** What was done, or a line for each problem. */
export function tell<T>(outcome: Outcome<T>, lines: (done: T) => readonly string[]): ToolOutcome {
  if ('problems' in outcome) return { lines: [], faults: outcome.problems.map(problemText) }
  return { lines: lines(outcome.done) }
}

/** `[3].targets[0]: why`; a row of a file, an entry or a node. */
function problemText({ index, field, reason }: Problem): string {
  const place = [index < 0 ? '' : `[${index}]`, field].filter((part) => part !== '').join('.')
  return place === '' ? reason : `${place}: ${reason}`
}

const SIGNS = { add: '+', change: '~', delete: '-', keep: ' ' } as const

/** What would come and go, in the signs of a diff. */
export function planLines({ documents }: RegistryPlan): string[] {
  const changed = documents.filter(({ action }) => action !== 'keep')
  const lines = changed.flatMap((each) => [
    `${SIGNS[each.action]} ${each.kind} ${each.name}: ${each.addedCount} come, ${each.removedCount} go`,
    ...diffLines(each),
  ])
  const kept = documents.length - changed.length
  return kept === 0 ? lines : [...lines, `  ${kept} stay as they are`]
}

/** Targets that came and went; those that are not listed are counted. */
export function diffLines(diff: {
  readonly added: readonly LabelledTarget[]
  readonly removed: readonly LabelledTarget[]
  readonly addedCount: number
  readonly removedCount: number
}): string[] {
  const { added, removed, addedCount, removedCount } = diff
  const hidden = addedCount + removedCount - added.length - removed.length
  return [
    ...removed.map((target) => `    - ${targetText(target)}`),
    ...added.map((target) => `    + ${targetText(target)}`),
    ...(hidden > 0 ? [`      and ${hidden} more`] : []),
  ]
}

function targetText({ target, labels }: LabelledTarget): string {
  return `${target} ${labelsText(labels)}`.trimEnd()
}

/** `{env="prod"}` */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(', ')}}`
}

/** A whole number among the words of a command line. @throws NarthexError `bad_data` */
export function readNumber(word: string, what: string): number {
  if (/^[1-9]\d{0,14}$/.test(word)) return Number(word)
  throw new NarthexError('bad_data', `cannot use ${JSON.stringify(word)}: wanted ${what}`)
}
