/** Jobs on a thread: what they give back, how they fail, and that the thread goes when it is not needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { NarthexError } from '../../src/base/error.ts'
import { JobThread } from '../../src/base/thread.ts'
import { Turns } from '../../src/base/turns.ts'
import type { TestJobs } from './jobs.ts'

const OPTIONS = {
  file: new URL('./jobs.ts', import.meta.url),
  name: 'test',
  verb: 'count',
  heapMebibytesMax: 64,
  clock: systemClock,
}

test('a job is done on a thread, which is there for the next one', async () => {
  const thread = new JobThread<TestJobs>(OPTIONS)
  assert.equal(await thread.run('double', 21), 42)
  assert.equal(await thread.run('double', 1), 2)
  thread.stop()
})

test('what a job refuses is refused in its own words, and the thread goes on', async () => {
  const thread = new JobThread<TestJobs>(OPTIONS)
  await assert.rejects(thread.run('refuse', 'cannot read it'), (error) => {
    return error instanceof NarthexError && error.kind === 'bad_data'
  })
  assert.equal(await thread.run('double', 2), 4)
  thread.stop()
})

for (const [name, fail, message] of [
  ['breaks', (thread) => thread.run('break', 'no\nway'), /^cannot count: no way$/],
  ['ends', (thread) => thread.run('end', 3), /^cannot count: its thread has ended$/],
  ['takes all its memory', (thread) => thread.run('fill', undefined), /^cannot count: .*memory/],
] as const satisfies readonly [
  string,
  (thread: JobThread<TestJobs>) => Promise<unknown>,
  RegExp,
][]) {
  test(`a thread that ${name} is an error of one line, and the next job has another`, async () => {
    const thread = new JobThread<TestJobs>(OPTIONS)
    await assert.rejects(fail(thread), { kind: 'io', message })
    assert.equal(await thread.run('double', 3), 6)
    thread.stop()
  })
}

test('who waits for a thread that is stopped is told', async () => {
  const thread = new JobThread<TestJobs>(OPTIONS)
  const running = thread.run('fill', undefined)
  thread.stop()
  await assert.rejects(running, { kind: 'io', message: 'cannot count: the program stops' })
})

test('a thread without work ends', async () => {
  const timers: (() => void)[] = []
  const after = (_delayMs: number, callback: () => void) => {
    timers.push(callback)
    return { cancel() {} }
  }
  const thread = new JobThread<TestJobs>({ ...OPTIONS, clock: { ...systemClock, after } })
  await thread.run('double', 1)
  assert.equal(timers.length, 1)
  timers[0]()
  assert.equal(await thread.run('double', 2), 4, 'another is started')
  thread.stop()
})

test('turns: one at a time, in order, and no more than the bound wait', async () => {
  const turns = new Turns({ verb: 'save', things: 'changes' }, 2)
  const seen: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = turns.take(async () => {
    await promise
    seen.push('first')
    throw new Error('no')
  })
  const second = turns.take(async () => seen.push('second'))
  await assert.rejects(
    turns.take(async () => seen.push('third')),
    { kind: 'busy', message: 'cannot save: 2 changes wait already, at most 2' },
  )
  resolve()
  await assert.rejects(first, /no/)
  await second
  assert.deepEqual(seen, ['first', 'second'])
  assert.equal(await turns.take(async () => 'there is room again'), 'there is room again')
})
