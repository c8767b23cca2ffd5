/** One test file in a process group of its own, ended with all it started when it takes too long. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestLine } from './testevents.ts'

/** What a file prints beyond this is cut off at its front, in characters. */
const OUTPUT_LENGTH_MAX = 1 << 20

const EVENTS = fileURLToPath(new URL('./testevents.ts', import.meta.url))

/** What came of one file. */
export interface FileResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Names of failed tests; of skipped ones with the reason. */
  readonly failures: readonly string[]
  readonly skips: readonly string[]
  readonly seconds: number
  /** Everything the file printed. */
  readonly output: string
}

const running = new Set<ChildProcess>()

/** Ends every file that runs, with all its processes. */
export function endTestFiles(): void {
  for (const child of running) endGroup(child)
}

/** Runs one file; never throws and always comes to an end. */
export async function runTestFile(file: string, cwd: string, msMax: number): Promise<FileResult> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-test-'))
  const events = join(folder, 'events')
  const startedMs = performance.now()
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...[`--test-reporter=${EVENTS}`, `--test-reporter-destination=${events}`],
  ]
  const child = spawn(process.execPath, [...reporters, file], {
    cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined }, // the runner may itself be under test
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_LENGTH_MAX)
    })
  }
  const ending = await waitForExit(child, msMax)
  running.delete(child)
  const seconds = (performance.now() - startedMs) / 1000
  const lines = readLines(events)
  rmSync(folder, { recursive: true, force: true })
  return summarize(lines, ending, output, seconds)
}

/** @returns why the file as a whole failed; '' when it did not */
async function waitForExit(child: ChildProcess, msMax: number): Promise<string> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    endGroup(child)
  }, msMax)
  const problem = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => {
      const closed = () => resolve(code === 0 ? '' : `ended with ${signal ?? code}`)
      child.once('close', closed)
      endGroup(child) // what the file left running would keep its pipes open
      setTimeout(closed, 1000).unref()
    })
  })
  clearTimeout(timer)
  return isLate ? `took longer than ${msMax / 1000} s` : problem
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // the group is gone already
  }
}

function readLines(events: string): TestLine[] {
  if (!existsSync(events)) return []
  const lines = readFileSync(events, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as TestLine)
}

function summarize(
  lines: readonly TestLine[],
  ending: string,
  output: string,
  seconds: number,
): FileResult {
  const failures: string[] = []
  const skips: string[] = []
  let counts = { passed: 0, failed: 0, skipped: 0 }
  let isWhole = false
  for (const line of lines) {
    if (line.kind === 'failed') failures.push(line.name)
    else if (line.kind === 'skipped') skips.push(`${line.name} (${line.reason})`)
    else {
      counts = line
      isWhole = true
    }
  }
  if (!isWhole || (ending !== '' && counts.failed === 0)) {
    failures.push(`the file ${ending === '' ? 'has no tests' : ending}`)
    counts = { ...counts, failed: counts.failed + 1 }
  }
  const { passed, failed, skipped } = counts
  return { passed, failed, skipped, failures, skips, seconds, output }
}
