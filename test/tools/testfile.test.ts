/** The runner comes to an end whatever a test file does, and counts what it did. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTestFile } from '../../tools/testfile.ts'

const HEAD = `import { test } from 'node:test'\nimport { spawn } from 'node:child_process'\n`

const CASES = [
  ['passes and skips', `test('a', () => {}); test('b', { skip: 'no c' }, () => {})`, 1, 0, 1],
  ['fails', `test('a', () => { throw new Error('d') }); test('b', () => {})`, 1, 1, 0],
  [
    'passes and then ends badly',
    `test('a', () => {}); process.on('exit', () => process.exit(3))`,
    1,
    1,
    0,
  ],
  ['has no tests', '', 0, 1, 0],
  ['does not parse', 'test(', 0, 1, 0],
] as const

for (const [name, text, passed, failed, skipped] of CASES) {
  test(`a file that ${name} is counted so`, async (t) => {
    const result = await run(t, text, 60_000)
    assert.deepEqual([result.passed, result.failed, result.skipped], [passed, failed, skipped])
    assert.equal(result.failures.length, failed)
    assert.equal(result.skips.length, skipped)
  })
}

for (const [name, text] of [
  ['never resolves', `test('a', () => new Promise(() => setInterval(() => {}, 1000)))`],
  ['spins', `test('a', () => { for (;;); })`],
  [
    'ignores signals',
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); test('a', () => {})`,
  ],
  [
    'has a child that holds its output',
    `spawn('sleep', ['600'], { stdio: 'inherit' }); test('a', () => {})`,
  ],
] as const) {
  test(`a file that ${name} ends at its bound`, async (t) => {
    const result = await run(t, text, 1000)
    assert.equal(result.failed, 1)
    assert.deepEqual(result.failures, ['the file took longer than 1 s'])
  })
}

function run(
  t: { after(end: () => void): void },
  text: string,
  msMax: number,
): ReturnType<typeof runTestFile> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-runner-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'one.test.mjs')
  writeFileSync(file, HEAD + text)
  return runTestFile(file, folder, msMax)
}
