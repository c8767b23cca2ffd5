/** Problems of a text at their places in it, as an editor marks them. */
import type { FileProblem } from '../../src/model/edits.ts'
import type { ShownProblem } from '../editor/problem.ts'

/** Each with the word that begins at its place; at the end of a line, the character before. */
export function placeProblems(text: string, problems: readonly FileProblem[]): ShownProblem[] {
  const starts = lineStarts(text)
  return problems.map(({ line, column, message, isFault }) => {
    const row = Math.min(line, starts.length) - 1
    const end = (starts[row + 1] ?? text.length + 1) - 1
    const at = Math.min(starts[row] + column - 1, end)
    const near = at === end ? Math.max(starts[row], at - 1) : at
    const from = Math.max(0, Math.min(near, text.length - 1))
    const word = /^[\w:.$]+/.exec(text.slice(from, end))?.[0].length ?? 1
    const to = Math.min(text.length, Math.max(from + word, from + 1))
    return { place: `${line}:${column}`, reason: message, from, to, isHint: !isFault }
  })
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
