/** The line protocol receiver: names, times, sorts of fields, escapes, partial writes, bad input. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Metrics } from '../../../../src/base/metrics.ts'
import { openInfluxReceiver } from '../../../../src/collect/receive/influx/receiver.ts'
import { LABEL_LIMITS } from '../../../../src/collect/receive/labelcheck.ts'
import type { Reply } from '../../../../src/net/server/message.ts'
import { readLines } from '../../../../src/wire/lineprotocol.ts'
import { ManualClock } from '../../../store/log/disk.ts'
import { Recorder } from '../recorder.ts'

function open(): {
  recorder: Recorder
  metrics: Metrics
  clock: ManualClock
  query: (statement: string) => Reply
  post: (text: string | Uint8Array, precision?: string, encoding?: string) => Promise<Reply>
} {
  const recorder = new Recorder()
  const metrics = new Metrics()
  const clock = new ManualClock()
  const { write, query } = openInfluxReceiver({
    appender: recorder,
    clock,
    metrics,
    labelLimits: LABEL_LIMITS,
    decodedBytesMax: 1_000_000,
  })
  const post = (text: string | Uint8Array, precision = '', encoding = ''): Promise<Reply> =>
    write({ precision, encoding }, typeof text === 'string' ? Buffer.from(text) : text)
  return { recorder, metrics, clock, post, query }
}

test('each field is a metric, each tag a label', async () => {
  const { post, recorder, metrics } = open()
  const lines = [
    '# a comment',
    'cpu,host=a\\ b,core=0 usage=1.5,idle=98i,up=t,seen=7u,note="x, y=\\"z\\" 1" 1500000000000000000',
    '',
    'load value=3 1500000000001000000\r',
    'my\\ measure,1st=x a.b=-2e3 1500000000002999999',
  ]
  const reply = await post(lines.join('\n'))
  assert.deepEqual([reply.status, reply.body], [204, ''])
  const at = 1500000000000
  assert.deepEqual(recorder.content(), {
    'cpu_usage{core="0", host="a b"}': [`${at}=1.5`],
    'cpu_idle{core="0", host="a b"}': [`${at}=98`],
    'cpu_up{core="0", host="a b"}': [`${at}=1`],
    'cpu_seen{core="0", host="a b"}': [`${at}=7`],
    load: [`${at + 1}=3`],
    'my_measure_a_b{_1st="x"}': [`${at + 2}=-2000`],
  })
  assert.match(
    metrics.render(),
    /narthex_push_refused_total\{protocol="influx",reason="text_field"\} 1/,
  )
})

test('times are in the precision of the request; without one, now', async () => {
  for (const [precision, time] of [
    ['', '1500000000000000000'],
    ['us', '1500000000000000'],
    ['ms', '1500000000000'],
    ['s', '1500000000'],
    ['m', '25000000'],
  ]) {
    const { post, recorder } = open()
    await post(`a b=1 ${time}`, precision)
    assert.deepEqual(recorder.content(), { a_b: ['1500000000000=1'] })
  }
  const { post, recorder, clock } = open()
  await post('a b=1')
  assert.deepEqual(recorder.content(), { a_b: [`${clock.now()}=1`] })
  assert.equal((await post('a b=1', 'fortnight')).status, 400)
})

test('what can be read of a request is taken, the rest is told by its line', async () => {
  const { post, recorder } = open()
  const reply = await post('a b=1 1\nbroken\nc,=x d=1 1\ne f= 1\ng h=1 x\ni j=2 1', 'ms')
  assert.equal(reply.status, 400)
  const body = String(reply.body)
  assert.match(body, /partial write: unable to parse line 2: missing fields/)
  assert.match(body, /line 3: missing tag key/)
  assert.match(body, /line 4: missing field value/)
  assert.match(body, /line 5: bad timestamp/)
  assert.match(body, /dropped=4/)
  assert.deepEqual(recorder.content(), { a_b: ['1=1'], i_j: ['1=2'] })
})

test('what destinations refuse of a request is a partial write', async () => {
  const { post, recorder } = open()
  recorder.shortfall = { count: 1, reason: 'destination vm: status_400' }
  const reply = await post('a b=1 1\na b=2 2', 'ms')
  assert.equal(reply.status, 400)
  assert.match(
    String(reply.body),
    /partial write: cannot take 1 item of the request: destination vm: status_400: destination_refused dropped=1/,
  )
})

test('a sample that is refused is told by its line, too', async () => {
  const { post, recorder } = open()
  recorder.outOfOrder = false
  const reply = await post('a b=1 5\na b=2 4', 'ms')
  assert.match(String(reply.body), /line 2: a_b: out_of_order/)
})

test('a text with line breaks counts its lines', async () => {
  const { post } = open()
  const reply = await post('a t="one\ntwo",b=1 1\nbroken', 'ms')
  assert.match(String(reply.body), /line 3/)
})

test('no tag passes for the name of a metric; a tag twice is refused', async () => {
  const { post, recorder } = open()
  await post('a,__name__=evil b=1 1', 'ms')
  assert.deepEqual(recorder.content(), { 'a_b{tag__name__="evil"}': ['1=1'] })
  assert.match(String((await post('a,x=1,x=2 b=1 1', 'ms')).body), /duplicate_label/)
})

test('gzip is unpacked, a bomb and a chain are refused', async () => {
  const { post, recorder } = open()
  assert.equal((await post(gzipSync('a b=1 1'), 'ms', 'gzip')).status, 204)
  assert.deepEqual(recorder.content(), { a_b: ['1=1'] })
  assert.equal((await post(gzipSync(Buffer.alloc(2_000_000)), 'ms', 'gzip')).status, 413)
  assert.equal((await post('a b=1 1', 'ms', 'gzip, gzip')).status, 415)
  assert.equal((await post('a b=1 1', 'ms', 'gzip')).status, 400)
})

test('an appender that takes nothing is told as something to try again', async () => {
  const { post, recorder } = open()
  recorder.busy = true
  const reply = await post('a b=1')
  assert.equal(reply.status, 503)
  assert.ok(reply.headers?.['retry-after'])
})

test('a database is made by asking for it', () => {
  const { query } = open()
  assert.deepEqual(JSON.parse(String(query('CREATE DATABASE "telegraf"').body)), {
    results: [{ statement_id: 0 }],
  })
  assert.equal(query('DROP DATABASE x').status, 400)
})

test('C31: any bytes are lines or are told', () => {
  const letters = fc.constantFrom(...'a,=\\ "\n\r1i.t#-e'.split(''))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.array(letters, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
      ),
      (bytes) => {
        let lines = 0
        const breaks = bytes.filter((byte) => byte === 10).length
        readLines(
          bytes,
          () => lines++,
          (number) => {
            lines++
            assert.ok(number <= breaks + 1)
          },
        )
        assert.ok(lines <= breaks + 1)
      },
    ),
    { seed: 4, numRuns: 3000 },
  )
})
