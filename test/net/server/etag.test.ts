import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameTag } from '../../../src/net/server/etag.ts'

for (const [ifNoneMatch, etag, isSame] of [
  [undefined, '"a"', false],
  ['', '"a"', false],
  ['"a"', '"a"', true],
  ['W/"a"', '"a"', true],
  ['"a"', 'W/"a"', true],
  ['"b", W/"a"', 'W/"a"', true],
  ['*', '"a"', true],
  ['"aa"', '"a"', false],
  ['a', '"a"', false],
] as const) {
  test(`If-None-Match ${ifNoneMatch} and ${etag}: ${isSame ? 'known' : 'not known'}`, () => {
    assert.equal(isSameTag(ifNoneMatch, etag), isSame)
  })
}
