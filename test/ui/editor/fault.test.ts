/** Positions of faults, from the server's words into the editor. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { parseFault } from '../../../ui/editor/fault.ts'

/** The fault of an expression, and the text it marks. */
function faultOf(text: string): { marked: string; message: string } {
  try {
    parseExpr(text)
  } catch (error) {
    assert.ok(error instanceof NarthexError)
    const { from, to, message } = parseFault(`invalid parameter "query": ${error.message}`, text)
    return { marked: text.slice(from, to), message }
  }
  throw new Error('it parses')
}

for (const [text, marked] of [
  ['sum(a', 'a'],
  ['up + foo bar', 'bar'],
  ['sum by (a)\n  (up}\n)', '}'],
  ['{a="서비스"} foo', 'foo'],
  ['{a="😀"} foo', 'foo'],
  ['up   +   ', '+'],
] as const) {
  test(`the fault of ${JSON.stringify(text)} is at ${JSON.stringify(marked)}`, () => {
    assert.equal(faultOf(text).marked, marked)
  })
}

test('the message comes without its position', () => {
  assert.doesNotMatch(faultOf('sum(a').message, /\d:\d|parse error/)
})

test('without a position the whole text is marked', () => {
  assert.deepEqual(parseFault('something is wrong', 'up'), {
    from: 0,
    to: 2,
    message: 'something is wrong',
  })
})

test('a position outside the text stays inside', () => {
  const fault = parseFault('99:99: parse error: x', 'up')
  assert.ok(fault.from >= 0 && fault.to <= 2 && fault.to > fault.from)
})
