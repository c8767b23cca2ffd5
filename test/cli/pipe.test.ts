import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../support/processes.ts'

test('help into a pipe that closes early is no failure', async () => {
  const run = spawn(join(ROOT, 'bin/narthex'), ['up', '--help'])
  run.stdout.destroy()
  let said = ''
  run.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = await once(run, 'close')
  assert.equal(code, 0)
  assert.doesNotMatch(said, /EPIPE|\n {4}at /)
})
