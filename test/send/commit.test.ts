/** Acknowledgements: who must have written before a sender hears that it may forget. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import { compileRelabel } from '../../src/config/relabel.ts'
import { neededOf, type Policy } from '../../src/send/commit.ts'
import type { WriteResult } from '../../src/send/writer.ts'
import { WRITTEN } from '../../src/send/writer.ts'
import { fakeClock } from '../collect/clock.ts'
import {
  addsUp,
  appendRow,
  destinationOf,
  idsOf,
  RETRY,
  startTest,
  stop,
  targetLabels,
} from './support.ts'

const REFUSED: WriteResult = { outcome: 'refused', reason: 'status_400', message: 'no such tenant' }

const LOCKED: WriteResult = { outcome: 'refused', reason: 'status_401', message: 'who are you' }

type Kind = 'ok' | 'down' | 'refuses' | 'locked'
const ANSWERS = { ok: WRITTEN, down: RETRY, refuses: REFUSED, locked: LOCKED }

for (const [policy, ends, wanted] of [
  ['all', ['ok', 'ok', 'ok'], 'done'],
  ['all', ['ok', 'ok', 'down'], 'busy'],
  ['all', ['ok', 'ok', 'refuses'], 'bad_data'],
  ['quorum', ['ok', 'ok', 'down'], 'done'],
  ['quorum', ['ok', 'down', 'down'], 'busy'],
  ['quorum', ['ok', 'refuses', 'refuses'], 'bad_data'],
  ['quorum', ['ok', 'ok', 'refuses'], 'done'],
  ['any', ['down', 'down', 'ok'], 'done'],
  ['any', ['down', 'down', 'down'], 'busy'],
  ['any', ['refuses', 'refuses', 'refuses'], 'bad_data'],
  ['any', ['refuses', 'ok', 'down'], 'done'],
  ['none', ['down', 'refuses', 'down'], 'done'],
  ['all', ['ok', 'ok', 'locked'], 'busy'],
  ['quorum', ['ok', 'refuses', 'locked'], 'busy'],
  ['quorum', ['refuses', 'refuses', 'locked'], 'bad_data'],
] as const satisfies readonly (readonly [Policy, readonly Kind[], string])[]) {
  test(`policy ${policy} with ${ends.join(', ')}: ${wanted}`, async () => {
    const clock = fakeClock()
    const names = ends.map((_, i) => `d${i}`)
    const { sending, writer, status } = await startTest(
      clock,
      names.map((name) => destinationOf(name)),
      { policy },
    )
    for (const [i, kind] of ends.entries()) writer(names[i]).answer = () => ANSWERS[kind]
    const appender = sending.pushed()
    appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 6)), [1, 2, 3, 4, 5, 6])
    let outcome = ''
    const committed = appender.commit().then(
      () => (outcome = 'done'),
      (error) => (outcome = error instanceof NarthexError ? error.kind : String(error)),
    )
    await clock.advance(11_000)
    await committed
    assert.equal(outcome, wanted)
    for (const name of names) assert.ok(addsUp(status(name)), JSON.stringify(status(name)))
    if (wanted === 'busy') {
      const down = names.filter((_, i) => ends[i] === 'down')
      for (const name of down) {
        assert.deepEqual(status(name).dropped, { withdrawn: 6 }, 'the sender keeps what failed')
        assert.equal(status(name).queued, 0)
      }
    }
    await stop(clock, sending)
  })
}

test('a destination whose filter drops everything counts as having written', async () => {
  const clock = fakeClock()
  const drop = compileRelabel({ action: 'drop', sourceLabels: ['job'], regex: 'node' })
  const { sending, status } = await startTest(
    clock,
    [destinationOf('a', { relabel: [drop] }), destinationOf('b')],
    { policy: 'all' },
  )
  const appender = sending.pushed()
  appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
  const committed = appender.commit()
  await clock.advance(100)
  await committed
  assert.deepEqual(status('a').dropped, { filtered: 2 })
  await stop(clock, sending)
})

test('a reload after which nothing of what waits is wanted is no refusal', async () => {
  const clock = fakeClock()
  const drop = compileRelabel({ action: 'drop', sourceLabels: ['job'], regex: 'node' })
  const { sending, status } = await startTest(clock, [destinationOf('a'), destinationOf('b')], {
    policy: 'all',
    answer: () => RETRY,
  })
  const appender = sending.pushed()
  appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
  const committed = appender.commit()
  await clock.advance(100)
  const applied = sending.apply(
    [destinationOf('a', { relabel: [drop] }), destinationOf('b', { relabel: [drop] })],
    [],
  )
  await clock.advance(5000)
  await Promise.all([applied, committed])
  assert.deepEqual(status('a').dropped, { filtered: 2 })
  await stop(clock, sending)
})

test('a commit of nothing resolves, also after one that failed', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(clock, [destinationOf('a')], { policy: 'all' })
  const appender = sending.pushed()
  await appender.commit()
  writer('a').answer = () => REFUSED
  appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
  const failing = assert.rejects(appender.commit(), /no such tenant/)
  await clock.advance(100)
  await failing
  await appender.commit()
  await stop(clock, sending)
})

test('the reason of a destination that does not answer in time is told', async () => {
  const clock = fakeClock()
  const { sending } = await startTest(clock, [destinationOf('store')], {
    policy: 'all',
    answer: () => RETRY,
  })
  const appender = sending.pushed()
  appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
  const failing = assert.rejects(
    appender.commit(),
    (error) =>
      error instanceof NarthexError &&
      error.kind === 'busy' &&
      error.message === 'cannot pass on samples: destination store: HTTP status 503',
  )
  await clock.advance(10_000)
  await failing
  await stop(clock, sending)
})

for (const reason of ['status_401', 'status_403', 'status_404', 'status_429', 'unconfirmed']) {
  test(`${reason} of a destination says nothing of the samples: their sender keeps them`, async () => {
    const clock = fakeClock()
    const { sending } = await startTest(clock, [destinationOf('store')], {
      policy: 'all',
      answer: () => ({ outcome: 'refused', reason, message: 'not now' }),
    })
    const appender = sending.pushed()
    appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
    const failing = assert.rejects(
      appender.commit(),
      (error) =>
        error instanceof NarthexError &&
        error.kind === 'busy' &&
        error.message === 'cannot pass on samples: destination store: not now',
    )
    await clock.advance(100)
    await failing
    await stop(clock, sending)
  })
}

test('who comes while a destination is known to be down hears of it, too', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(clock, [destinationOf('store')], { policy: 'all' })
  const answers: WriteResult[] = [RETRY]
  writer('store').answer = () => answers.shift() ?? new Promise(() => {})
  const appender = sending.pushed()
  const ids = idsOf(appender, targetLabels('x:1', 2))
  appendRow(appender, clock.now(), ids, [1, 2])
  const first = appender.commit().catch(() => {})
  await clock.advance(5000)
  appendRow(appender, clock.now(), ids, [3, 4])
  const failing = assert.rejects(
    appender.commit(),
    /^NarthexError: cannot pass on samples: destination store: HTTP status 503$/,
  )
  await clock.advance(10_000)
  await Promise.all([first, failing])
  await stop(clock, sending)
})

test('without room a commit is refused at once, and what others wait for stays', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(
    clock,
    [destinationOf('a', {}, { bufferBytesMax: 1000 })],
    { policy: 'all' },
  )
  writer('a').answer = () => RETRY
  const appender = sending.pushed()
  const ids = idsOf(appender, targetLabels('x:1', 50))
  const push = (): Promise<string> => {
    appendRow(appender, clock.now(), ids, ids)
    return appender.commit().then(
      () => 'done',
      (error) => String(error.message),
    )
  }
  const first = push()
  const second = push()
  await clock.advance(20)
  assert.equal(await second, 'cannot pass on samples: destination a: queue_full')
  writer('a').answer = () => WRITTEN
  await clock.advance(1000)
  assert.equal(await first, 'done')
  assert.ok(addsUp(status('a')))
  await stop(clock, sending)
})

test('an acknowledged sample is not dropped for a destination that is behind', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(
    clock,
    [destinationOf('slow'), destinationOf('quick')],
    { policy: 'any' },
  )
  writer('slow').answer = () => RETRY
  const appender = sending.pushed()
  appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
  const committed = appender.commit()
  await clock.advance(100)
  await committed
  await clock.advance(60_000)
  assert.equal(status('slow').queued, 2)
  writer('slow').answer = () => WRITTEN
  await clock.advance(10_000)
  assert.equal(status('slow').written, 2)
  await stop(clock, sending)
})

test('a policy that changes holds for what is pushed from then on', async () => {
  const clock = fakeClock()
  let policy: Policy = 'all'
  const { sending, writer } = await startTest(clock, [destinationOf('a'), destinationOf('b')], {
    policy: () => policy,
  })
  writer('b').answer = () => RETRY
  const appender = sending.pushed()
  const ids = idsOf(appender, targetLabels('x:1', 2))
  const outcomes: string[] = []
  const push = (): void => {
    appendRow(appender, clock.now(), ids, [1, 2])
    appender.commit().then(
      () => outcomes.push('done'),
      () => outcomes.push('busy'),
    )
  }
  push()
  await clock.advance(100)
  policy = 'any'
  push()
  await clock.advance(100)
  assert.deepEqual(outcomes, ['done'], 'the second only')
  await clock.advance(10_000)
  assert.deepEqual(outcomes, ['done', 'busy'], 'the first is judged as it was told')
  await stop(clock, sending)
})

const SOME: WriteResult = { outcome: 'written', refused: new Map([['status_400', 2]]) }

for (const [policy, answers, wanted] of [
  ['all', [SOME, WRITTEN], { count: 2, reason: 'destination d0: status_400' }],
  ['quorum', [WRITTEN, WRITTEN, SOME], undefined],
  ['quorum', [SOME, SOME, REFUSED], { count: 2, reason: 'destination d1: status_400' }],
  ['quorum', [SOME, REFUSED, WRITTEN], { count: 2, reason: 'destination d0: status_400' }],
  ['any', [WRITTEN, SOME], undefined],
  ['any', [SOME, REFUSED], { count: 2, reason: 'destination d0: status_400' }],
  ['none', [SOME, SOME], undefined],
] as const satisfies readonly (readonly [Policy, readonly WriteResult[], object | undefined])[]) {
  const shown = answers.map((each) =>
    each === SOME ? 'in part' : each === WRITTEN ? 'written' : 'refused',
  )
  test(`policy ${policy} with ${shown.join(', ')}: ${wanted === undefined ? 'whole' : 'in part'}`, async () => {
    const clock = fakeClock()
    const { sending, writer } = await startTest(
      clock,
      answers.map((_, i) => destinationOf(`d${i}`)),
      { policy },
    )
    for (const [i, answer] of answers.entries()) writer(`d${i}`).answer = () => answer
    const appender = sending.pushed()
    appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 6)), [1, 2, 3, 4, 5, 6])
    const committed = appender.commit()
    await clock.advance(100)
    assert.deepEqual(await committed, wanted)
    await stop(clock, sending)
  })
}

test('one of several writes refused: the rest is written, and their sender hears how much is not', async () => {
  const clock = fakeClock()
  const { sending, writer, status } = await startTest(
    clock,
    [destinationOf('a', {}, { samplesPerSendMax: 4 }), destinationOf('b')],
    { policy: 'all' },
  )
  writer('a').answer = ([parcel]) => {
    return parcel.values.includes(5) ? REFUSED : WRITTEN
  }
  const appender = sending.pushed()
  appendRow(
    appender,
    clock.now(),
    idsOf(appender, targetLabels('x:1', 9)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  const committed = appender.commit()
  await clock.advance(1000)
  assert.deepEqual(await committed, { count: 3, reason: 'destination a: no such tenant' })
  assert.equal(status('a').written, 6)
  assert.deepEqual(status('a').dropped, { refused_status_400: 3 })
  assert.equal(status('b').written, 9)
  await stop(clock, sending)
})

test('of a write for two senders, neither hears of more than it sent itself', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(clock, [destinationOf('a')], { policy: 'all' })
  writer('a').answer = () => SOME
  const appender = sending.pushed()
  const commits = [1, 6].map((count) => {
    const ids = idsOf(appender, targetLabels(`x:${count}`, count))
    appendRow(appender, clock.now(), ids, ids)
    return appender.commit()
  })
  await clock.advance(100)
  assert.equal(writer('a').requests.length, 1, 'in one write')
  const counts = (await Promise.all(commits)).map((shortfall) => shortfall?.count)
  assert.deepEqual(counts, [1, 2])
  await stop(clock, sending)
})

test('what the kind of a destination has no room for is no refusal', async () => {
  const clock = fakeClock()
  const { sending, writer } = await startTest(clock, [destinationOf('a')], { policy: 'all' })
  writer('a').answer = () => ({ outcome: 'written', refused: new Map([['unrepresentable', 1]]) })
  const appender = sending.pushed()
  appendRow(appender, clock.now(), idsOf(appender, targetLabels('x:1', 2)), [1, 2])
  const committed = appender.commit()
  await clock.advance(100)
  assert.equal(await committed, undefined)
  await stop(clock, sending)
})

test('how many destinations a policy wants', () => {
  for (const [policy, counts] of [
    ['none', [0, 0, 0, 0, 0]],
    ['any', [0, 1, 1, 1, 1]],
    ['quorum', [0, 1, 2, 2, 3]],
    ['all', [0, 1, 2, 3, 4]],
  ] as const) {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((count) => neededOf(policy, count)),
      counts,
    )
  }
})
