/** SIGHUP while a program starts: it goes on, and reloads once it can. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, temporaryFolder, until } from '../support/processes.ts'

const HANGUP = join(ROOT, 'src/cli/hangup.ts')

test('a signal that came before anybody could answer is answered as soon as somebody can', async () => {
  const program = `
    import { onHangup } from ${JSON.stringify(HANGUP)}
    const hangUp = () => new Promise((resolve) => {
      process.once('SIGHUP', () => setImmediate(resolve))
      process.kill(process.pid, 'SIGHUP')
    })
    const kept = setInterval(() => {}, 1000)
    let answers = 0
    await hangUp()
    await hangUp()
    onHangup(() => answers++)
    console.log('after the start', answers)
    await hangUp()
    console.log('later', answers)
    clearInterval(kept)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program])
  let output = ''
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString()
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  assert.equal(code, 0)
  assert.deepEqual(output.split('\n'), ['after the start 1', 'later 2', ''])
})

/** Whether a process catches SIGHUP. */
function catchesHangup(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const caught = Number.parseInt(/^SigCgt:\s*(\w+)/m.exec(status)?.[1].slice(-8) ?? '', 16)
  return (caught & 1) === 1
}

test('the program survives a SIGHUP that comes while its rooms are loaded, and is ready', async (t) => {
  const folder = temporaryFolder('hangup')
  t.after(() => folder.remove())
  const child = spawn(join(ROOT, 'bin/narthex'), [
    'up',
    `--storage.path=${join(folder.path, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ])
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString()
  })
  const { pid } = child
  assert.ok(pid !== undefined)
  await until('a handler', () => catchesHangup(pid))
  for (let i = 0; i < 10; i++) child.kill('SIGHUP')
  await until('the program to be ready', () => output.includes('narthex is ready'))
  assert.equal(child.exitCode, null)
  child.kill('SIGTERM')
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
})
