import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../src/base/clock.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import {
  cleanMappings,
  type Mapping,
  type Releaser,
  startReleasing,
} from '../../src/base/releasepages.ts'

const mapping = (head: string, anonymousKilobytes: number): string =>
  `${head}\nRss:                 64 kB\nAnonymous:           ${anonymousKilobytes} kB\n`

const SMAPS = [
  mapping('00400000-00500000 r--p 00000000 08:01 77                 /bin/node', 0),
  mapping('00500000-00900000 r-xp 00100000 08:01 77                 /bin/node', 0),
  mapping('00900000-00a00000 r--p 00500000 08:01 77                 /bin/node', 4),
  mapping('00a00000-00b00000 rw-p 00600000 08:01 77                 /bin/node', 0),
  mapping('01000000-02000000 r--p 00000000 00:00 0 ', 0),
  mapping('02000000-03000000 rwxp 00000000 00:00 0                  [heap]', 0),
].join('')

const CLEAN: readonly Mapping[] = [
  { from: 0x400000n, to: 0x500000n },
  { from: 0x500000n, to: 0x900000n },
]

/** Timers that fire when they are told to, and how long they were to wait. */
function openTimers(): { clock: Clock; delaysMs: number[]; fire(): Promise<void> } {
  const delaysMs: number[] = []
  let due: (() => void) | undefined
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    after(delayMs, callback) {
      delaysMs.push(delayMs)
      due = callback
      const cancel = (): void => {
        due = undefined
      }
      return { cancel }
    },
  }
  const fire = async (): Promise<void> => {
    const callback = due
    due = undefined
    callback?.()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { clock, delaysMs, fire }
}

function openRecorder(): Releaser & { readonly done: (string | Mapping)[] } {
  const done: (string | Mapping)[] = []
  return {
    done,
    trimMalloc: () => void done.push('malloc'),
    readMappings: () => SMAPS,
    release: (each) => void done.push(each),
  }
}

test('read-only mappings of files without pages of their own are clean, all others are not', () => {
  assert.deepEqual(cleanMappings(SMAPS), CLEAN)
  assert.deepEqual(cleanMappings(''), [])
})

test('memory is released after the start, and rarely from then on', async () => {
  const timers = openTimers()
  const recorder = openRecorder()
  startReleasing(timers.clock, silentLog, async () => recorder)
  assert.deepEqual(recorder.done, [])
  for (let times = 0; times < 4; times++) await timers.fire()
  assert.deepEqual(recorder.done.slice(0, 3), ['malloc', ...CLEAN])
  assert.equal(recorder.done.length, 4 * 3)
  const seconds = timers.delaysMs.map((delayMs) => delayMs / 1000)
  assert.deepEqual(seconds, [20, 960, 960, 960, 960])
})

test('nothing is released once it is stopped, also while the system is being asked', async () => {
  const timers = openTimers()
  const recorder = openRecorder()
  const opened = Promise.withResolvers<Releaser>()
  const running = startReleasing(timers.clock, silentLog, () => opened.promise)
  await timers.fire()
  void running.stop()
  opened.resolve(recorder)
  await timers.fire()
  assert.deepEqual(recorder.done, [])
  assert.equal(timers.delaysMs.length, 1)
})

test('a system that cannot is told of once and left alone', async () => {
  const timers = openTimers()
  const told: unknown[] = []
  const log: Log = { ...silentLog, info: (message, fields) => void told.push(message, fields) }
  startReleasing(timers.clock, log, () => Promise.reject(new Error('no such symbol')))
  await timers.fire()
  await timers.fire()
  assert.deepEqual(told, ['cannot release memory of the runtime', { error: 'no such symbol' }])
  assert.equal(timers.delaysMs.length, 1)
})

test('this system releases memory, or says why it cannot, and runs on', async () => {
  const timers = openTimers()
  const told: unknown[] = []
  const log: Log = { ...silentLog, info: (message) => void told.push(message) }
  const running = startReleasing(timers.clock, log)
  await timers.fire()
  for (let turn = 0; turn < 100 && timers.delaysMs.length + told.length < 2; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await running.stop()
  assert.equal(timers.delaysMs.length + told.length, 2)
})
