/** Our walk through JSON agrees with the language's own parser, and knows where things stand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  checkJson,
  JSON_DEPTH_MAX,
  JsonFault,
  JsonPlaces,
} from '../../../src/hub/catalogue/jsonplaces.ts'

function isTaken(text: string): boolean {
  try {
    checkJson(text)
    return true
  } catch (error) {
    assert.ok(error instanceof JsonFault)
    return false
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('texts are taken and refused as JSON.parse does', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '\n',
    '"a"',
    '"\\u00e4"',
    '"\\x"',
    '"\t"',
    '1',
    '-0',
    '01',
    '1.',
    '1e5',
    'true',
    'nul',
    'null',
    '',
  ]
  const broken = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join(''))
  const whole = fc.json({ maxDepth: 5 })
  const cut = fc
    .tuple(whole, fc.nat(), fc.constantFrom(...pieces))
    .map(
      ([text, at, piece]) =>
        text.slice(0, at % text.length) + piece + text.slice((at % text.length) + 1),
    )
  fc.assert(
    fc.property(fc.oneof(broken, whole, cut, fc.string()), (text) => {
      assert.equal(isTaken(text), isJson(text))
    }),
    { seed: 11, numRuns: 3000 },
  )
})

test('places are those of the values, and of what is above them where there is none', () => {
  const places = new JsonPlaces('{\n  "a": [1,\n    {"b": "c"}],\n  "d": {}}')
  assert.deepEqual(places.markOf(['a', 1, 'b']), { line: 3, column: 11 })
  assert.deepEqual(places.markOf(['a', 0]), { line: 2, column: 9 })
  assert.deepEqual(places.markOf(['d', 'x', 5]), { line: 4, column: 8 })
  assert.deepEqual(places.markOf([]), { line: 1, column: 1 })
})

test('nesting has a bound', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  assert.ok(isTaken(nested(JSON_DEPTH_MAX)))
  assert.ok(!isTaken(nested(JSON_DEPTH_MAX + 1)))
})
