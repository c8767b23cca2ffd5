/** Series messages: the same bytes as the plain encoder's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { writeMessage } from '../../../src/send/frame/message.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { encodeWrite1 } from '../../support/writerequest.ts'

const FROM_MS = 1_700_000_000_000

function message(labels: Labels, sizeBytes = 400_000): Uint8Array | undefined {
  const into = new Uint8Array(sizeBytes)
  const end = writeMessage(labels, FROM_MS, into, 3, sizeBytes)
  return end < 0 ? undefined : into.subarray(3, end)
}

function plain(labels: Labels): Uint8Array {
  // Not 0, which the plain encoder leaves out; taken back below.
  const series = { labels, times: Float64Array.of(FROM_MS), values: Float64Array.of(1) }
  const bytes = encodeWrite1([series], new ProtoWriter()).slice()
  bytes.fill(0, bytes.length - 15, bytes.length - 7)
  return bytes
}

test('a message is what the plain encoder writes', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('a', 'é', '√', '😀'), minLength: 100, maxLength: 300 }),
    fc.constantFrom('x'.repeat(127), 'x'.repeat(128), 'x'.repeat(16_383), 'x'.repeat(16_384)),
    fc.constantFrom('x'.repeat(60), 'x'.repeat(121), 'x'.repeat(122), 'x'.repeat(123)),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { maxLength: 6 }), (pairs) => {
      const labels = labelsFrom(pairs)
      assert.deepEqual(message(labels), plain(labels))
    }),
    { numRuns: 300, seed: 9 },
  )
})

for (const sizeBytes of [10, 25, 60]) {
  test(`a message that may not fit into ${sizeBytes} bytes is refused`, () => {
    const labels = labelsFrom([
      ['__name__', 'up'],
      ['job', 'x'.repeat(40)],
    ])
    assert.equal(message(labels, sizeBytes), undefined)
  })
}
