/** Runs the tests: checks, real components, bundle, then node:test; the last line counts. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { provideComponents } from './components.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Longest a single test file may take, in ms. */
const TEST_FILE_MS_MAX = 600_000

async function main(args: readonly string[]): Promise<number> {
  const words = args.filter((arg) => !arg.startsWith('--'))
  process.env.NARTHEX_TEST_LONG = args.includes('--long') ? '1' : ''
  const whole = words.length === 0

  if (whole) {
    for (const [label, command, ...rest] of CHECKS) {
      if (!step(label, command, rest)) return 1
    }
  }
  const missing = provideComponents((line) => progress(line))
  for (const [name, reason] of missing) progress(`without ${name}: ${reason}`)
  if (missing.size > 0 && process.env.CI === 'true') {
    console.log(`0 passed, ${missing.size} failed`)
    return 1
  }
  if (!step('bundling', process.execPath, [join(root, 'tools/bundle.ts')])) return 1

  const files = globSync('test/**/*.test.ts', { cwd: root })
    .filter((file) => whole || words.some((word) => file.includes(word)))
    .sort()
    .map((file) => join(root, file))
  return await runTests(files)
}

const CHECKS: readonly (readonly [string, string, ...string[]])[] = [
  ['types', 'node_modules/.bin/tsc', '-p', '.'],
  ['types of the pages', 'node_modules/.bin/tsc', '-p', 'ui'],
  ['lint and walls', 'node_modules/.bin/biome', 'check', '.'],
]

function progress(line: string): void {
  process.stdout.write(`${line}\n`)
}

function step(label: string, command: string, args: readonly string[]): boolean {
  progress(`${label} ...`)
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) progress(`${label} failed\n0 passed, 1 failed`)
  return done.status === 0
}

/** Runs files side by side. @returns the exit code */
async function runTests(files: string[]): Promise<number> {
  let passed = 0
  let failed = 0
  let skipped = 0
  const stream = run({
    files,
    cwd: root,
    concurrency: availableParallelism(),
    timeout: TEST_FILE_MS_MAX,
  })
  stream.on('test:summary', (summary) => {
    if (summary.file !== undefined) return
    passed = summary.counts.passed
    failed = summary.counts.tests - summary.counts.passed - summary.counts.skipped
    skipped = summary.counts.skipped
  })
  for await (const chunk of stream.compose(new spec())) process.stdout.write(chunk)
  if (passed + failed === 0) failed = 1
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
