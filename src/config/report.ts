/** What is wrong or noteworthy in a configuration file, with its place. */
import { NarthexError } from '../base/error.ts'
import type { Mark } from './yaml.ts'

/** One finding. */
export interface Problem extends Mark {
  readonly file: string
  readonly message: string
}

/** How many faults a message lists before it only counts them. */
const LISTED_MAX = 5

/**
 * Collects findings while a file is read; reading goes on after a fault, so that one run shows
 * all.
 */
export class Report {
  readonly file: string
  readonly errors: Problem[] = []
  readonly warnings: Problem[] = []

  constructor(file: string) {
    this.file = file
  }

  error(mark: Mark, message: string): void {
    this.errors.push({ file: this.file, line: mark.line, column: mark.column, message })
  }

  warn(mark: Mark, message: string): void {
    this.warnings.push({ file: this.file, line: mark.line, column: mark.column, message })
  }
}

/** `file:line:column: message`. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`
}

/**
 * In the order of the file; what stands in other files comes after, in the order they were read.
 */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))]
  return problems.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  )
}

/** The error that refuses a file, all faults in one line. */
export function refusal(file: string, errors: readonly Problem[]): NarthexError {
  const listed = errors.slice(0, LISTED_MAX).map(formatProblem).join('; ')
  const rest = errors.length > LISTED_MAX ? `; and ${errors.length - LISTED_MAX} more` : ''
  return new NarthexError('bad_data', `cannot load ${file}: ${listed}${rest}`)
}
