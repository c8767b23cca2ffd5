import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import { parseSize } from '../../src/base/size.ts'

for (const [text, bytes] of [
  ['0', 0],
  ['512B', 512],
  ['64MB', 67_108_864],
  ['1GiB', 1_073_741_824],
  ['1.5K', 1536],
] as const) {
  test(`parseSize reads ${text}`, () => assert.equal(parseSize(text), bytes))
}

for (const text of ['', 'MB', '-1', '1XB', '1 2']) {
  test(`parseSize refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseSize(text),
      (error) => error instanceof NarthexError && error.kind === 'bad_data',
    )
  })
}
