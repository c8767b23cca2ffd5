/** Runs the tests: checks, real components, bundle, then every file; the last line counts. */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { provideComponents } from './components.ts'
import { endTestFiles, runTestFile } from './testfile.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Longest a single test file may take, in ms. */
const FILE_MS_MAX = 300_000
const LONG_FILE_MS_MAX = 3_600_000

/** Folders whose files take longest; they begin first, so that none of them is the last to end. */
const SLOW_FOLDERS = ['test/chaos/', 'test/e2e/', 'test/conformance/', 'test/query/']

const CHECKS: readonly (readonly [string, string, ...string[]])[] = [
  ['types', 'node_modules/.bin/tsc', '-p', '.'],
  ['types of the pages', 'node_modules/.bin/tsc', '-p', 'ui'],
  ['lint and walls', 'node_modules/.bin/biome', 'check', '.'],
]

const total = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
const skips: string[] = []

async function main(args: readonly string[]): Promise<number> {
  const words = args.filter((arg) => !arg.startsWith('--'))
  const isLong = args.includes('--long')
  process.env.NARTHEX_TEST_LONG = isLong ? '1' : ''
  const isWhole = words.length === 0

  if (isWhole) for (const [label, command, ...rest] of CHECKS) step(label, command, rest)
  const files = globSync('test/**/*.test.ts', { cwd: root })
    .filter((file) => isWhole || words.some((word) => file.includes(word)))
    .sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
  if (files.length === 0) fail(`no test file has ${words.join(' or ')} in its path`)
  if (files.some(needsComponents)) provide()
  if (step('bundle', process.execPath, [join(root, 'tools/bundle.ts')])) {
    await runFiles(files, isLong ? LONG_FILE_MS_MAX : FILE_MS_MAX)
  }
  for (const name of skips) say(`skipped: ${name}`)
  for (const name of failures) say(`failed: ${name}`)
  say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total.failed === 0 ? 0 : 1
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function fail(name: string): void {
  total.failed++
  failures.push(name)
}

/** A step counts as one test. @returns whether it passed */
function step(label: string, command: string, args: readonly string[]): boolean {
  say(`${label} ...`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status === 0) total.passed++
  else fail(label)
  return status === 0
}

function needsComponents(file: string): boolean {
  return readFileSync(join(root, file), 'utf8').includes('missingComponents')
}

/** What cannot be had fails the run on a build server and is a skip elsewhere. */
function provide(): void {
  for (const [name, reason] of provideComponents(say)) {
    if (process.env.CI === 'true') fail(`component ${name}: ${reason}`)
    else {
      total.skipped++
      skips.push(`component ${name}: ${reason}`)
    }
  }
}

function rankOf(file: string): number {
  const at = SLOW_FOLDERS.findIndex((folder) => file.startsWith(folder))
  return at < 0 ? SLOW_FOLDERS.length : at
}

/** Runs files side by side, a line for each; what a failed one printed follows its line. */
async function runFiles(files: readonly string[], msMax: number): Promise<void> {
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    while (next < files.length) {
      const file = files[next++]
      const result = await runTestFile(join(root, file), root, msMax)
      total.passed += result.passed
      total.failed += result.failed
      total.skipped += result.skipped
      failures.push(...result.failures.map((name) => `${file}: ${name}`))
      skips.push(...result.skips.map((name) => `${file}: ${name}`))
      const verdict = result.failed === 0 ? 'ok    ' : 'FAILED'
      const counts = `${result.passed} passed${result.skipped > 0 ? `, ${result.skipped} skipped` : ''}`
      const seconds = result.seconds.toFixed(1)
      say(`${verdict} ${++done}/${files.length} ${file}: ${counts}, ${seconds} s`)
      if (result.failed > 0) say(result.output)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endTestFiles()
    process.exit(1)
  })
}
process.exitCode = await main(process.argv.slice(2))
