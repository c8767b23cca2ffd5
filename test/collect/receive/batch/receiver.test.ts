/** The Pushgateway's API: groups, replacing and merging, markers, refusals, and the real one beside it. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../../src/base/error.ts'
import { Metrics } from '../../../../src/base/metrics.ts'
import { readBatchProto, readBatchText } from '../../../../src/collect/receive/batch/body.ts'
import { readGroupPath } from '../../../../src/collect/receive/batch/path.ts'
import {
  type BatchReceiver,
  openBatchReceiver,
} from '../../../../src/collect/receive/batch/receiver.ts'
import { OPEN_DOOR } from '../../../../src/collect/receive/door.ts'
import { LABEL_LIMITS } from '../../../../src/collect/receive/labelcheck.ts'
import type { Reply } from '../../../../src/net/server/message.ts'
import { ProtoWriter } from '../../../../src/wire/protobuf.ts'
import { findComponent } from '../../../../tools/components.ts'
import { ManualClock } from '../../../store/log/disk.ts'
import { Recorder } from '../recorder.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function open(
  groupAgeMsMax = 0,
  groupsMax = 10,
  seriesMax = 100,
): {
  recorder: Recorder
  clock: ManualClock
  receiver: BatchReceiver
  ask: (method: string, path: string, body?: string | Uint8Array, type?: string) => Promise<Reply>
} {
  const recorder = new Recorder()
  const clock = new ManualClock()
  const receiver = openBatchReceiver({
    appender: recorder,
    clock,
    log: silent,
    metrics: new Metrics(),
    labelLimits: LABEL_LIMITS,
    decodedBytesMax: 100_000,
    limits: { groupsMax, seriesMax, groupAgeMsMax },
    doorOf: () => OPEN_DOOR,
    onMetadata: () => {},
  })
  const ask = (
    method: string,
    path: string,
    body: string | Uint8Array = '',
    contentType = '',
  ): Promise<Reply> =>
    receiver.push(
      { method, path, contentType, encoding: '', identity: '' },
      typeof body === 'string' ? Buffer.from(body) : body,
    )
  return { recorder, clock, receiver, ask }
}

function nameOf(labels: unknown): string {
  return JSON.stringify(Object.entries(labels as object).sort())
}

/** Families and labels of all groups, without times. */
function shape(listing: unknown): unknown {
  const { data } = listing as { data: Record<string, unknown>[] }
  return data
    .map(({ labels, last_push_successful, ...families }) => ({
      labels,
      last_push_successful,
      families: Object.entries(families)
        .map(([name, family]) => {
          const { type, metrics } = family as { type: string; metrics: { labels: object }[] }
          const shown = metrics.map((each) => {
            const value = (each as { value?: string }).value
            const isTime = name.endsWith('_time_seconds')
            return { labels: each.labels, ...(value === undefined || isTime ? {} : { value }) }
          })
          return { name, type, metrics: shown }
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .sort((a, b) => (nameOf(a.labels) < nameOf(b.labels) ? -1 : 1))
}

test('a group is appended at once and every 15 seconds, until it is deleted', async () => {
  const { recorder, clock, ask } = open()
  const at = clock.now()
  assert.equal(
    (await ask('PUT', 'job/backup/host/a', '# TYPE rows gauge\nrows{t="x"} 5\n')).status,
    200,
  )
  await clock.advance(15_000)
  const key = 'rows{host="a", job="backup", t="x"}'
  assert.deepEqual(recorder.content()[key], [`${at}=5`, `${at + 15_000}=5`])
  assert.deepEqual(recorder.content()['push_time_seconds{host="a", job="backup"}'], [
    `${at}=${at / 1000}`,
    `${at + 15_000}=${at / 1000}`,
  ])
  assert.equal((await ask('DELETE', 'job/backup/host/a')).status, 202)
  assert.equal(recorder.markers, 3)
  const before = recorder.appends
  await clock.advance(60_000)
  assert.equal(recorder.appends, before)
})

test('PUT replaces a group, POST only families of the same name', async () => {
  const { recorder, ask } = open()
  await ask('POST', 'job/j', 'a 1\nb 2\n')
  await ask('POST', 'job/j', 'b{x="1"} 3\n')
  assert.equal(recorder.markers, 1)
  await ask('PUT', 'job/j', 'c 4\n')
  assert.equal(recorder.markers, 3)
})

test('labels of the address win; values may be in base64', async () => {
  const { recorder, ask } = open()
  await ask('PUT', 'job@base64/YS9i/x@base64/=', 'a{job="other",x="1",y="2"} 1\n')
  assert.ok('a{job="a/b", y="2"}' in recorder.content())
})

for (const [path, why] of [
  ['job', 'odd'],
  ['job/', 'odd'],
  ['host/a', 'another label'],
  ['job/a/b', 'odd'],
  ['job/a/__x/b', 'improper'],
  ['job/a/1x/b', 'improper'],
  ['job@base64/=', 'job name is required'],
  ['job@base64/!', 'base64'],
  ['job/%ff', 'percent'],
] as const) {
  test(`an address is refused: ${path}`, () => {
    assert.throws(
      () => readGroupPath(path),
      (error) => error instanceof NarthexError && error.message.includes(why),
    )
  })
}

for (const [name, body] of [
  ['times', 'a 1 1500000000000\n'],
  ['a series twice', 'a 1\na 2\n'],
  ['no metrics', '<html>\n'],
  ['a value that is no number', 'a b c\n'],
  ['the time of the push itself', 'push_time_seconds 1\n'],
] as const) {
  test(`a push is refused whole: ${name}`, async () => {
    const { recorder, receiver, ask } = open()
    await ask('PUT', 'job/j', 'kept 1\n')
    const reply = await ask('PUT', 'job/j', body)
    assert.equal(reply.status, 400)
    assert.match(String(reply.body), /^cannot take push: [^\n]+\n$/)
    await ask('POST', 'job/other', 'b 1\n')
    const [group] = (JSON.parse(String(receiver.list('').body)) as { data: { kept?: object }[] })
      .data
    assert.ok(group.kept)
    assert.equal(recorder.markers, 0)
  })
}

test('one name has one type in all groups', async () => {
  const { ask } = open()
  await ask('PUT', 'job/a', '# TYPE x counter\nx 1\n')
  assert.equal((await ask('PUT', 'job/b', '# TYPE x gauge\nx 1\n')).status, 400)
  assert.equal((await ask('PUT', 'job/a', '# TYPE x gauge\nx 1\n')).status, 200)
})

test('groups and series have bounds; old groups are deleted', async () => {
  const { clock, recorder, receiver, ask } = open(60_000, 2, 3)
  await ask('PUT', 'job/a', 'x 1\n')
  await ask('PUT', 'job/b', 'x 1\n')
  assert.equal((await ask('PUT', 'job/c', 'x 1\n')).status, 429)
  assert.equal((await ask('PUT', 'job/b', 'x 1\ny 1\nz 1\n')).status, 429)
  for (let i = 0; i < 6; i++) await clock.advance(15_000)
  assert.deepEqual(JSON.parse(String(receiver.list('').body)).data, [])
  assert.equal(recorder.markers, 6)
})

test('protobuf says the same as text', async () => {
  const writer = new ProtoWriter()
  const start = writer.at
  writer.text(1, 'x')
  writer.int(3, 1)
  writer.message(4, () => {
    writer.message(1, () => {
      writer.text(1, 'l')
      writer.text(2, 'a"b')
    })
    writer.message(2, () => writer.double(1, 2.5))
  })
  const family = writer.written().slice(start)
  const delimited = Buffer.concat([Buffer.of(family.length), family])
  assert.deepEqual(
    readBatchProto(delimited, 1000),
    readBatchText(Buffer.from('# TYPE x gauge\nx{l="a\\"b"} 2.5\n')),
  )
  const { recorder, ask } = open()
  await ask('PUT', 'job/j', delimited, 'application/vnd.google.protobuf; encoding=delimited')
  assert.ok('x{job="j", l="a\\"b"}' in recorder.content())
})

test('any bytes are families or are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const read of [readBatchText, (each: Uint8Array) => readBatchProto(each, 10_000)]) {
        try {
          read(bytes)
        } catch (error) {
          assert.ok(error instanceof NarthexError, String(error))
        }
      }
    }),
    { seed: 4, numRuns: 2000 },
  )
})

async function startReal(): Promise<{ url: string; process: ChildProcess } | undefined> {
  const component = findComponent('prometheus-pushgateway')
  if (component === undefined) return undefined
  const child = spawn(component.path, ['--web.listen-address=127.0.0.1:0'], {
    env: { ...process.env, ...component.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for await (const line of createInterface({ input: child.stderr })) {
    const port = /listen(?:ing on|_address=| ).*?127\.0\.0\.1:(\d+)/i.exec(line)?.[1]
    if (port !== undefined && port !== '0') {
      child.stderr.resume()
      return { url: `http://127.0.0.1:${port}`, process: child }
    }
  }
  throw new Error('the pushgateway ended before it listened')
}

const TYPED = '# TYPE rows counter\nrows{t="x"} 5\nrows{t="y",job="evil"} 6\n'

test("the same pushes leave the same groups as in Debian's Pushgateway", {
  timeout: 20_000,
}, async (t) => {
  const real = await startReal()
  if (real === undefined) return t.diagnostic('no prometheus-pushgateway on this machine')
  try {
    const { receiver, clock, ask } = open(0, 100, 1000)
    await clock.advance(1_500_000_000_000)
    for (const [method, path, body] of [
      ['PUT', 'job/backup', TYPED],
      ['POST', 'job/backup', '# TYPE size gauge\nsize 1.5\n'],
      ['POST', 'job/backup', 'rows 7\n'],
      ['PUT', 'job/backup/host/a', 'plain 1\n'],
      ['PUT', 'job/backup/host/a', ''],
      ['POST', 'job/time', 'late 1 1500000000000\n'],
      ['POST', 'job/broken', '<html>'],
      ['PUT', 'job@base64/YS9i/x@base64/=', 'a{x="1"} 1\n'],
      ['PUT', 'job/one/two', 'a 1\n'],
      ['PUT', 'job/bad/__name/x', 'a 1\n'],
      ['PUT', 'job/gone', 'a 1\n'],
      ['DELETE', 'job/gone', ''],
      ['DELETE', 'job/never', ''],
    ] as const) {
      const init = method === 'DELETE' ? { method } : { method, body }
      const reply = await fetch(`${real.url}/metrics/${path}`, init)
      await reply.arrayBuffer()
      assert.equal((await ask(method, path, body)).status, reply.status, `${method} ${path}`)
    }
    const listing = await (await fetch(`${real.url}/api/v1/metrics`)).json()
    assert.deepEqual(shape(JSON.parse(String(receiver.list('').body))), shape(listing))
  } finally {
    real.process.kill()
    await once(real.process, 'exit')
  }
})
