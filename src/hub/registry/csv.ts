/**
 * Tables of text: commas, quotes doubled inside quotes.
 *
 * @source RFC 4180
 */
import { NarthexError } from '../../base/error.ts'

/** One row, and the line on which it begins, from 1. */
export interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
}

/** The rows that are not empty. @throws NarthexError `bad_data` for a quote that does not end */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  while (at < text.length) {
    const cells: string[] = []
    const firstLine = line
    for (;;) {
      const cell = readCell(text, at, line)
      cells.push(cell.text)
      line += cell.lines
      at = cell.end
      if (text[at] !== ',') break
      at++
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    line++
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: firstLine, cells })
  }
  return rows
}

/** One cell; `end` is where the comma or the line's end stands. */
function readCell(
  text: string,
  from: number,
  line: number,
): { text: string; end: number; lines: number } {
  if (text[from] !== '"') {
    let end = from
    while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++
    return { text: text.slice(from, end).trim(), end, lines: 0 }
  }
  for (let at = from + 1; ; at++) {
    at = text.indexOf('"', at)
    if (at < 0)
      throw new NarthexError('bad_data', `cannot read CSV: line ${line}: a quote does not end`)
    if (text[at + 1] === '"') {
      at++
      continue
    }
    const end = at + 1
    if (end < text.length && !/[,\r\n]/.test(text[end])) {
      throw new NarthexError('bad_data', `cannot read CSV: line ${line}: text behind a quote`)
    }
    const inside = text.slice(from + 1, at)
    const lines = inside.split('\n').length - 1
    return { text: inside.replaceAll('""', '"'), end, lines }
  }
}
