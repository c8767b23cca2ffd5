/** The lock of a data folder: one at a time, whoever dies how. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { lockFolder } from '../../../src/store/lmdb/lock.ts'

const DIR = fs.mkdtempSync(join(tmpdir(), 'narthex-lock-'))
after(() => fs.rmSync(DIR, { recursive: true }))

const MODULE = new URL('../../../src/store/lmdb/lock.ts', import.meta.url).href

/** A process that tries to take the lock, says what came of it, and stays. */
async function startOwner(dir: string): Promise<{ child: ChildProcess; answer: string }> {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(MODULE)})
    try { lockFolder(${JSON.stringify(dir)}); console.log('locked') }
    catch (error) { console.log(error.kind) }
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [answer] = await once(child.stdout, 'data')
  return { child, answer: String(answer).trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

function newDir(): string {
  return fs.mkdtempSync(join(DIR, 'data-'))
}

const isBusy = (error: unknown): boolean => error instanceof NarthexError && error.kind === 'busy'

test('a lock is refused while it is held, by this process too, and free afterwards', () => {
  const dir = newDir()
  const lock = lockFolder(dir)
  assert.throws(() => lockFolder(dir), isBusy)
  lock.release()
  lockFolder(dir).release()
})

test('the process that has the folder is named, and a killed one holds nothing', async () => {
  const dir = newDir()
  const { child, answer } = await startOwner(dir)
  assert.equal(answer, 'locked')
  assert.throws(
    () => lockFolder(dir),
    (error) => isBusy(error) && String(error).includes(`process ${child.pid}`),
  )
  await kill(child)
  lockFolder(dir).release()
})

test('of processes that start at once exactly one gets the folder', async () => {
  const dir = newDir()
  const owners = await Promise.all(Array.from({ length: 5 }, () => startOwner(dir)))
  const answers = owners.map((owner) => owner.answer).sort()
  await Promise.all(owners.map((owner) => kill(owner.child)))
  assert.deepEqual(answers, ['busy', 'busy', 'busy', 'busy', 'locked'])
})

test('C03: a lock file that is full of something else keeps nobody out', async () => {
  const dir = newDir()
  fs.writeFileSync(join(dir, 'lock'), Buffer.alloc(5000, 'no database '))
  const { child, answer } = await startOwner(dir)
  assert.equal(answer, 'locked')
  assert.throws(() => lockFolder(dir), isBusy)
  fs.writeFileSync(join(dir, 'lock'), Buffer.alloc(5000, 'no database '))
  assert.throws(() => lockFolder(dir), isBusy)
  await kill(child)
  lockFolder(dir).release()
})

test('a folder that is not there is an io error', () => {
  assert.throws(
    () => lockFolder(join(DIR, 'missing')),
    (error) => error instanceof NarthexError && error.kind === 'io',
  )
})
