/** A text that is to become a file of an entry: everything that is wrong with it, with its place. */
import { Report, sortProblems } from '../../config/report.ts'
import { type Mark, parseYaml } from '../../config/yaml.ts'
import type { FileProblem } from '../../model/edits.ts'
import { readDashboard } from './dashboard.ts'
import { readEntryFacts } from './entryshape.ts'
import { ENTRY_FILE_BYTES_MAX, type EntryFileName } from './folder.ts'
import { readManifest } from './manifest.ts'
import { readRules } from './rules.ts'
import { readSampleFile } from './sample.ts'

/** Most problems of one text that are told. */
export const PROBLEMS_MAX = 100

const START: Mark = { line: 1, column: 1 }

/** Reads a text as a file of the entry `name`; the report takes what is wrong. */
type Read = (text: string, report: Report, name: string) => unknown

const READS: Readonly<Record<EntryFileName, Read>> = {
  'entry.yaml': (text, report, name) => readEntryFacts(text, name, report),
  'README.md': hintHtml,
  'helm.yaml': readManifest,
  'alerts.yaml': checkRules,
  'alerts_test.yaml': checkYaml,
  'dashboard.json': readDashboard,
  'sample.prom': readSampleFile,
}

/** In the order of the text; [] for one that can be used as it is. */
export function checkEntryFile(
  name: string,
  file: EntryFileName,
  text: string,
): readonly FileProblem[] {
  const report = new Report(file)
  const sizeBytes = Buffer.byteLength(text)
  const bytesMax = ENTRY_FILE_BYTES_MAX[file]
  if (sizeBytes > bytesMax) {
    report.error(START, `cannot take ${file}: ${sizeBytes} bytes, at most ${bytesMax} are taken`)
  } else if (text.trim() === '') report.error(START, `cannot take ${file}: nothing is in it`)
  else if (text.includes('\0')) {
    report.error(placeOf(text, text.indexOf('\0')), `cannot take ${file}: a zero is no text`)
  } else READS[file](text, report, name)
  const told = sortProblems([...report.errors, ...report.warnings]).slice(0, PROBLEMS_MAX)
  return told.map((problem) => {
    const { line, column, message } = problem
    return { line, column, message, isFault: report.errors.includes(problem) }
  })
}

/** What we want of our own alerts is a hint to others. */
function checkRules(text: string, report: Report, name: string): void {
  const strict = new Report(report.file)
  readRules(text, name, report, false)
  readRules(text, name, strict, true)
  const isTold = new Set(report.errors.map(keyOf))
  for (const problem of strict.errors) {
    if (!isTold.has(keyOf(problem))) report.warn(problem, problem.message)
  }
}

function keyOf({ line, column, message }: Mark & { readonly message: string }): string {
  return `${line}:${column}:${message}`
}

function checkYaml(text: string, report: Report): void {
  for (const { mark, message } of parseYaml(text).faults) report.error(mark, message)
}

/** Pages show a text as it stands there: markup in it would be read as words. */
function hintHtml(text: string, report: Report): void {
  const outsideOfCode = text.replaceAll(/^(```|~~~).*?^\1|`[^`\n]*`/gms, (code) =>
    code.replaceAll(/[^\n]/g, ' '),
  )
  for (const match of outsideOfCode.matchAll(/<\/?[a-z][\w-]*(?:\s[^<>]*)?\/?>|<!--/gi)) {
    const message = `${match[0].slice(0, 40)} is shown as text: HTML has no effect`
    report.warn(placeOf(text, match.index), message)
  }
  for (const match of outsideOfCode.matchAll(/\]\(\s*(?:javascript|data|vbscript):/gi)) {
    report.warn(placeOf(text, match.index + 2), 'a link to a script is shown as text')
  }
}

function placeOf(text: string, at: number): Mark {
  const before = text.slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}
