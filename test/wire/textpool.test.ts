/** Shared strings of bytes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TextPool } from '../../src/wire/textpool.ts'

test('any text comes back, the first time and the next', () => {
  const pool = new TextPool()
  const isSame = fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (raw) => {
    const text = raw.toWellFormed()
    const bytes = new TextEncoder().encode(`<${text}>`)
    for (let i = 0; i < 2; i++) assert.equal(pool.decode(bytes, 1, bytes.length - 1), text)
  })
  fc.assert(isSame, { seed: 20_260_111, numRuns: 2000 })
})

test('bytes that are not UTF-8 have no text, whatever the pool holds', () => {
  const pool = new TextPool()
  for (const bytes of [[0xff], [0xc3], [0xc3, 0x28], [0xed, 0xa0, 0x80]]) {
    pool.decode(
      Uint8Array.from(bytes, (b) => b & 0x7f),
      0,
      bytes.length,
    )
    assert.equal(pool.decode(Uint8Array.from(bytes), 0, bytes.length), undefined)
  }
})
