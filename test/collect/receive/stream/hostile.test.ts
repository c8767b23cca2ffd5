/** What no honest agent sends: the stream ends, the gateway goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cursor } from '../../../../src/base/bytes.ts'
import { NarthexError } from '../../../../src/base/error.ts'
import { OPEN_DOOR } from '../../../../src/collect/receive/door.ts'
import { LABEL_LIMITS } from '../../../../src/collect/receive/labelcheck.ts'
import { BatchTaker } from '../../../../src/collect/receive/stream/batch.ts'
import { openCall } from '../../../../src/net/grpc/client.ts'
import { BatchMaker } from '../../../../src/send/gateway/batch.ts'
import { ResultSum } from '../../../../src/send/http/resultsum.ts'
import {
  decodeHello,
  decodeReply,
  encodeHello,
  encodeReply,
  type GatewayReply,
  STREAM_PATH,
} from '../../../../src/wire/stream.ts'
import { MessageWriter } from '../../../../src/wire/streamtext.ts'
import {
  GOING,
  NotingAppender,
  openWriter,
  rowOf,
  startGateway,
  TestSeries,
} from '../../../send/gateway/world.ts'

const HELLO = encodeHello({ name: 'x', version: '1' })

/** Sends messages as they are; why the stream ended, and the replies before. */
async function send(
  address: string,
  messages: readonly Uint8Array[],
): Promise<{ reason: string; replies: GatewayReply[] }> {
  const replies: GatewayReply[] = []
  const { promise, resolve } = Promise.withResolvers<NarthexError | undefined>()
  const call = await openCall({
    address,
    tls: undefined,
    path: STREAM_PATH,
    metadata: [],
    messageBytesMax: 100_000,
    onMessage: (message) => replies.push(decodeReply(message)),
    onEnd: resolve,
  })
  for (const message of messages) call.send(message)
  call.end()
  const reason = await promise
  return { reason: reason === undefined ? '' : `${reason.kind}: ${reason.message}`, replies }
}

function messageOf(write: (into: MessageWriter) => void): Uint8Array {
  const into = new MessageWriter()
  write(into)
  return into.take()
}

/** A batch with one entry. */
function batchOf(kind: number, write: (into: MessageWriter) => void): Uint8Array {
  const entry = messageOf(write)
  return messageOf((into) => {
    into.byte(2)
    into.varint(1)
    into.byte(kind)
    into.varint(entry.length)
    for (const byte of entry) into.byte(byte)
  })
}

const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list)

for (const [name, messages, wanted] of [
  ['nothing', [bytes()], /its end/],
  ['no hello', [bytes(9, 9)], /no hello/],
  ['a hello of another version', [bytes(1, 7)], /version 7 of the protocol, wanted 1/],
  ['a name that is too long', [bytes(1, 1, 0xff, 0x7f)], /16383 bytes, at most 256/],
  ['a name that is no UTF-8', [bytes(1, 1, 1, 0xff)], /not UTF-8/],
  ['a second hello', [HELLO, HELLO], /no batch/],
  ['a batch without a number', [HELLO, bytes(2)], /cannot read integer/],
  ['an entry longer than its message', [HELLO, bytes(2, 1, 4, 50)], /entry of 50 bytes/],
  [
    'a text that nobody told',
    [HELLO, batchOf(1, (into) => [1, 1, 5, 5].map((n) => into.varint(n)))],
    /text 5 of 0/,
  ],
  [
    'four million series in three bytes',
    [HELLO, batchOf(1, (into) => [1, 0, 4_000_000].map((n) => into.varint(n)))],
    /4000000 series more/,
  ],
  [
    'labels without end',
    [HELLO, batchOf(1, (into) => [1, 1_000_000].map((n) => into.varint(n)))],
    /1000000 labels/,
  ],
  [
    'a row cut short',
    [
      HELLO,
      batchOf(1, (into) => [1, 0, 1, 0].map((n) => into.varint(n))),
      batchOf(4, (into) => into.varint(1)),
    ],
    /cannot read/,
  ],
  [
    'a cell of a column that is not there',
    [
      HELLO,
      batchOf(1, (into) => [1, 0, 1, 0].map((n) => into.varint(n))),
      batchOf(5, (into) => [1, 8, 2, 0, 2].map((n) => into.varint(n))),
    ],
    /column 4 of 1/,
  ],
  [
    'a histogram with buckets without end',
    [
      HELLO,
      batchOf(1, (into) => [1, 0, 1, 0].map((n) => into.varint(n))),
      batchOf(6, (into) => {
        for (const n of [1, 0, 2, 6, 0]) into.varint(n)
        for (let i = 0; i < 4; i++) for (const n of [0, 0]) into.varint(n)
        for (const n of [1, 0, 1_000_000]) into.varint(n)
      }),
    ],
    /1000000 buckets/,
  ],
] as const) {
  test(`a stream is ended for: ${name}`, async () => {
    const gateway = await startGateway()
    const { reason } = await send(gateway.address, messages)
    assert.match(reason, /^bad_data: cannot /)
    assert.match(reason, wanted)
    assert.match(gateway.metrics.render(), /narthex_gateway_damaged_streams_total 1\n/)
    const series = new TestSeries()
    const writer = openWriter(series, [gateway.address])
    const ids = Float64Array.of(series.add({ __name__: 'a', instance: 'b' }))
    const result = await writer.write([rowOf(1, ids, [1])], GOING)
    assert.equal(result.outcome, 'written', 'others are served as before')
    await writer.close()
    await gateway.stop()
  })
}

test('series with bad labels are refused one by one, by reason', async () => {
  const gateway = await startGateway()
  const series = new TestSeries()
  const writer = openWriter(series, [gateway.address])
  const ids = Float64Array.from(
    [
      { __name__: 'good', instance: 'a' },
      { instance: 'a', only: 'x' },
      { __name__: 'long', instance: 'a', x: 'x'.repeat(5000) },
      { __name__: 'name', instance: 'a', ['x'.repeat(300)]: '1' },
      Object.fromEntries([
        ['__name__', 'many'],
        ['instance', 'a'],
        ...Array.from({ length: 250 }, (_, i) => [`l${i}`, '1']),
      ]),
    ],
    (labels) => series.add(labels as Record<string, string>),
  )
  const result = await writer.write([rowOf(1, ids, [1, 2, 3, 4, 5])], GOING)
  assert.ok(result.outcome === 'written')
  assert.deepEqual(Object.fromEntries(result.refused), {
    missing_name: 1,
    label_value_too_long: 1,
    label_name_too_long: 1,
    too_many_labels: 1,
  })
  assert.equal(gateway.appender.sampleCount, 1)
  await writer.close()
  await gateway.stop()
})

test('rows of layouts that nobody told are lost, and nothing else of their batch counts', async () => {
  const gateway = await startGateway()
  const row = batchOf(4, (into) => [77, 0].map((n) => into.varint(n)))
  const { replies } = await send(gateway.address, [HELLO, row])
  assert.deepEqual(replies.at(-1), { kind: 'lost', batch: 1, layouts: [77] })
  await gateway.stop()
})

test('more agents than there may be are told to try again later', async () => {
  const gateway = await startGateway({ limits: { agentsMax: 1 } })
  await send(gateway.address, [HELLO])
  const { reason } = await send(gateway.address, [encodeHello({ name: 'y', version: '1' })])
  assert.match(reason, /1 agents are known, more are not \(--gateway\.agents\)/)
  await gateway.stop()
})

test('C31: batches with any damage are refused as bad data, or read as something else', () => {
  const series = new TestSeries()
  const ids = Float64Array.from({ length: 30 }, (_, i) =>
    series.add({ __name__: `m${i}`, instance: 'a', job: 'b', mode: `x${i % 4}` }),
  )
  const maker = new BatchMaker(series, 1_000_000)
  const honest = [0, 1, 2].map((row) => {
    const times = row === 2 ? Float64Array.from(ids, (_, i) => i) : undefined
    const parcel = {
      ...rowOf(
        row,
        ids,
        [...ids].map((_, i) => i * row),
      ),
      times,
    }
    return maker.make([parcel], new ResultSum())[0].bytes
  })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(20),
      (flips, cut) => {
        const appender = new NotingAppender()
        const taker = new BatchTaker({
          rows: appender,
          pushed: appender,
          door: OPEN_DOOR,
          labelLimits: LABEL_LIMITS,
          seriesMax: 1000,
          onMetadata: () => {},
        })
        for (const [i, original] of honest.entries()) {
          const message = original.slice(0, original.length - cut)
          for (const [which, at, byte] of flips) {
            if (which === i) message[2 + (at % (message.length - 2))] ^= byte
          }
          try {
            taker.take(new Cursor(message, 2), true, 0)
          } catch (error) {
            assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
            return
          }
        }
      },
    ),
    { seed: 8, numRuns: 2000 },
  )
})

test('C31: messages of the gateway come back as they were, damage is refused', () => {
  const replies: GatewayReply[] = [
    { kind: 'welcome', gateway: 'g', version: '2', windowBytes: 5, messageBytesMax: 9 },
    { kind: 'written', batch: 3, refused: new Map([['too_old', 4]]) },
    { kind: 'retry', batch: 4, reason: 'busy', message: 'later', afterMs: 1500 },
    { kind: 'refused', batch: 5, reason: 'bad_data', message: 'never' },
    { kind: 'lost', batch: 6, layouts: [1, 2] },
    { kind: 'goodbye' },
  ]
  for (const reply of replies) {
    const message = encodeReply(reply)
    assert.deepEqual(decodeReply(message), reply)
    for (let cut = 1; cut < message.length; cut++) {
      assert.throws(() => decodeReply(message.subarray(0, cut)), NarthexError)
    }
  }
  assert.deepEqual(decodeHello(HELLO), { name: 'x', version: '1' })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (message) => {
      try {
        decodeReply(message)
      } catch (error) {
        assert.ok(error instanceof NarthexError && error.kind === 'bad_data')
      }
    }),
    { seed: 9, numRuns: 2000 },
  )
})
