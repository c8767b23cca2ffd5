/** The parser: trees, positions, refusals, features, bounds, and whatever bytes may come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { messageOf, NarthexError } from '../../../src/base/error.ts'
import { formatMatcher, type Matcher } from '../../../src/model/matcher.ts'
import type { Expr } from '../../../src/query/promql/ast.ts'
import { ALL_FEATURES, featuresFrom, NO_FEATURES } from '../../../src/query/promql/features.ts'
import { EXPR_LENGTH_MAX, parseExpr, parseSelector } from '../../../src/query/promql/parse.ts'
import { prettify, printExpr } from '../../../src/query/promql/print.ts'
import { treeOf } from '../../../src/query/promql/tree.ts'
import { cpuMsOf } from '../../support/cpu.ts'

/** The tree without its positions; the order of matchers says nothing. */
function bare(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, part: unknown) => {
      if (key === 'span') return undefined
      if (key === 'matchers') return [...(part as Matcher[])].map(formatMatcher).sort()
      if (typeof part === 'number' && !Number.isFinite(part)) return String(part)
      return Object.is(part, -0) ? '-0' : part
    }),
  )
}

function faultOf(text: string, features = ALL_FEATURES): string {
  try {
    parseExpr(text, features)
  } catch (error) {
    assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
    return error.message
  }
  return 'accepted'
}

for (const [text, canonical] of [
  ['1 + 2 * 3 ^ 2 ^ 2', '1 + 2 * 3 ^ 2 ^ 2'],
  ['-1 ^ 2', '-1 ^ 2'],
  ['2 ^ -1 * 3', '2 ^ -1 * 3'],
  ['--1', '1'],
  ['0x1F', '31'],
  ['0755', '493'],
  ['089', '89'],
  ['1_000_000', '1000000'],
  ['1e-7', '0.0000001'],
  ['1e23', '100000000000000000000000'],
  ['inf', '+Inf'],
  ['Inf ^ 2', 'Inf ^ 2'],
  ['5m30s', '5m30s'],
  ['-1h', '-1h'],
  ["'a\\'b'", '"a\'b"'],
  ['"\\xc3\\xa9\\u00e9\\351"', '"éé\\ufffd"'],
  ['`a\\n\n`', '"a\\\\n\\n"'],
  ['{"http.requests", "a.b"=~`x.*`}', '{"a.b"=~"x.*",__name__="http.requests"}'],
  ['foo offset 5m @ 100', 'foo @ 100.000 offset 5m'],
  ['foo @ end() offset -5m', 'foo @ end() offset -5m'],
  ['rate(foo[5m] offset 1w)', 'rate(foo[5m] offset 1w)'],
  ['rate(foo[5m:30s] @ start())', 'rate(foo[5m:30s] @ start())'],
  ['sum(foo) by (job,)', 'sum by (job) (foo)'],
  ['sum without () (foo)', 'sum without () (foo)'],
  ['topk by (a) (3, foo)', 'topk by (a) (3, foo)'],
  ['foo # a comment\n + bar', 'foo + bar'],
  ['a and on () b', 'a and on () b'],
  ['a > bool on(x) group_left(y) b', 'a > bool on (x) group_left (y) b'],
  ['a + fill(1e21) b', 'a + fill (1e+21) b'],
  ['sum', 'sum'],
  ['by + without', 'by + without'],
  ['sum by (on, "ü") (offset)', 'sum by (on, "ü") (offset)'],
  ['h </ 0.5', 'h </ 0.5'],
  ['foo offset 100 + 2', 'foo offset 1m40s + 2'],
  ['foo offset (100 + 2)', 'foo offset (100 + 2)'],
  ['foo offset -2 ^ 2', 'foo offset -2s ^ 2'],
  ['foo[STEP() : max_of(1s, range())]', 'foo[step():max_of(1s, range())]'],
  ['foo[1w]', 'foo[1w]'],
  ['foo[8d]', 'foo[8d]'],
  ['foo[0.5]', 'foo[500ms]'],
  ['foo[10m] anchored', 'foo[10m] anchored'],
] as const) {
  test(`${JSON.stringify(text)} prints as ${JSON.stringify(canonical)}, which parses alike`, () => {
    const expr = parseExpr(text, ALL_FEATURES)
    assert.equal(printExpr(expr), canonical)
    assert.deepEqual(bare(parseExpr(canonical, ALL_FEATURES)), bare(expr))
  })
}

for (const [text, fault] of [
  ['', 'unknown position: parse error: no expression found in input'],
  ['\n  # nothing\n', '1:1: parse error: no expression found in input'],
  ['foo +\n  é', "2:3: parse error: unexpected character: 'é'"],
  ['"é" + *', '1:8: parse error: unexpected <op:*>'],
  ['sum(foo bar)', '1:9: parse error: unexpected identifier "bar" in aggregation'],
  ['sum by foo', '1:8: parse error: unexpected identifier "foo" in grouping opts, expected "("'],
  ['sum by (1)(a)', '1:9: parse error: unexpected number "1" in grouping opts, expected label'],
  [
    'foo{a b}',
    '1:7: parse error: unexpected identifier "b" in label matching, expected label matching operator',
  ],
  [
    'foo{a="b" c="d"}',
    '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
  ],
  ['foo{"bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
  ['foo{a=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
  ['foo @ x', '1:7: parse error: unexpected identifier "x" in @, expected timestamp'],
  ['foo offset 5m offset 5m', '1:1: parse error: offset may not be set multiple times'],
  ['foo @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times'],
  [
    'foo offset',
    '1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
  ],
  ['foo[5m', '1:7: parse error: unclosed left bracket'],
  ['foo[5m:1m:1m]', "1:10: parse error: unexpected colon ':'"],
  ['foo[:1m]', '1:6: parse error: unexpected colon before duration in duration expression'],
  ['foo[5m:1m 1]', '1:11: parse error: unexpected number "1" in subquery selector, expected "]"'],
  ['rate(foo, )', '1:9: parse error: trailing commas not allowed in function call args'],
  [
    'rate(foo)',
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  ],
  [
    'sum("a")',
    '1:5: parse error: expected type instant vector in aggregation expression, got string',
  ],
  [
    'topk(foo, bar)',
    '1:6: parse error: expected type scalar in aggregation parameter, got instant vector',
  ],
  [
    'sum(foo, bar)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2',
  ],
  [
    'foo + "a"',
    '1:7: parse error: binary expression must contain only scalar and instant vector types',
  ],
  ['1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
  [
    'label_join(foo, "a")',
    '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2',
  ],
  [
    'info(foo, bar)',
    '1:11: parse error: expected label selectors only, got vector selector instead',
  ],
  [
    '1e400',
    '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e400": value out of range',
  ],
  [
    '1_0.5',
    '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1_0.5": invalid syntax',
  ],
  ['"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"],
  ['"\\ud800"', '1:1: parse error: escape sequence is an invalid Unicode code point'],
  ['"a\ud800"', '1:1: parse error: invalid UTF-8 rune'],
  ['{a="\ufffd"}', '1:4: parse error: invalid UTF-8 rune'],
  [
    'foo @ 1e300',
    `1:1: parse error: timestamp out of bounds for @ modifier: ${BigInt(1e300)}.000000`,
  ],
  ['"abcdefghijklmno" "x"', '1:19: parse error: unexpected string "\\"x\\""'],
  ['1 "abcdefghijklmno"', '1:3: parse error: unexpected string "\\"abcdefghi"...'],
  [
    'foo and fill(1) bar',
    '1:1: parse error: filling in missing series not allowed for set operators',
  ],
] as const) {
  test(`${JSON.stringify(text)} is refused in Prometheus’s words`, () => {
    assert.equal(faultOf(text), fault)
  })
}

for (const [text, feature, fault] of [
  [
    'limitk(1, foo)',
    'promql-experimental-functions',
    '1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
  ],
  [
    'mad_over_time(foo[5m])',
    'promql-experimental-functions',
    '1:1: parse error: function "mad_over_time" is not enabled',
  ],
  [
    'foo[5m+1m]',
    'promql-duration-expr',
    '1:5: parse error: experimental duration expression is not enabled',
  ],
  [
    'foo[5m] anchored',
    'promql-extended-range-selectors',
    '1:1: parse error: anchored modifier is experimental and not enabled',
  ],
  [
    'a + fill(0) b',
    'promql-binop-fill-modifiers',
    '1:1: parse error: binop fill modifiers are experimental and not enabled',
  ],
] as const) {
  test(`${text} needs ${feature}`, () => {
    assert.equal(faultOf(text, NO_FEATURES), fault)
    assert.equal(faultOf(text, featuresFrom(['native-histograms', feature])), 'accepted')
  })
}

for (const [name, text, messageMax] of [
  ['a mebibyte of (', '('.repeat(1 << 20), 100],
  ['16 KiB of (', '('.repeat(EXPR_LENGTH_MAX), 100],
  ['16 KiB of -', '-'.repeat(EXPR_LENGTH_MAX), 100],
  ['16 KiB of 1+', '1+'.repeat(EXPR_LENGTH_MAX / 2 - 1), 100],
  ['16 KiB of a^', 'a^'.repeat(EXPR_LENGTH_MAX / 2 - 1), 100],
  ['16 KiB of [5m:]', `a${'[5m:]'.repeat(3_000)}`, 100],
  ['16 KiB of sum(', 'sum('.repeat(4_000), 100],
  ['16 KiB of nested durations', `a[${'('.repeat(16_000)}`, 100],
] as const) {
  test(`C13: ${name} is refused within 5 ms`, () => {
    const fault = faultOf(text)
    assert.match(fault, /at most/)
    assert.ok(fault.length < messageMax, fault)
    const took = Math.min(...[1, 2, 3].map(() => cpuMsOf(() => faultOf(text))))
    assert.ok(took <= 5, `${took} ms`)
  })
}

test('the deepest accepted tree can be checked, printed and translated', () => {
  const chain = Array.from({ length: 1_000 }, (_, i) => `a${i}`).join(' or ')
  const nested = `${'('.repeat(120)}a${')'.repeat(120)}`
  for (const text of [chain, nested]) {
    const expr = parseExpr(text)
    assert.equal(printExpr(expr), text)
    assert.ok(prettify(expr).length >= text.length)
    assert.ok(JSON.stringify(treeOf(expr)).length > 0)
  }
})

test('parseSelector reads a series selector and nothing else', () => {
  assert.deepEqual(parseSelector('up{job=~"a.*"}'), [
    { name: 'job', op: '=~', value: 'a.*' },
    { name: '__name__', op: '=', value: 'up' },
  ])
  for (const text of ['', 'up offset 5m', 'rate(up[5m])', '1', 'up + up', '"up"', 'up[5m]']) {
    assert.throws(() => parseSelector(text), NarthexError, text)
  }
})

/** Words of the language in any order. */
const word = fc.constantFrom(
  ...'foo sum rate topk by without on ignoring group_left bool offset and or unless atan2'.split(
    ' ',
  ),
  ...'( ( ) ) { } [ ] , + - * / % ^ == != < > = =~ @ : 5m 1h 1 2.5 0x1f Inf NaN "a" `b` start end'.split(
    ' ',
  ),
  ...'step() range() anchored smoothed fill(1) [5m] [5m:1m] {a="b"} (foo) end() min_of # \n </ >/'.split(
    ' ',
  ),
  ...['\ud800', '\ufffd', '"\\x', '\u0000', 'é', "'", '`'],
)

test('C31: whatever the text, it parses or is refused as bad data', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.array(word, { maxLength: 14 }).map((words) => words.join(' ')),
        fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString()),
        fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      ),
      (text) => {
        const fault = faultOf(text)
        if (fault !== 'accepted') assert.match(fault, /^(\d+:\d+|unknown position): parse error: /)
      },
    ),
    { seed: 31, numRuns: 10_000 },
  )
})

test('C31: whatever the selector, it is matchers or refused as bad data', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }).map((inner) => `{${inner}}`),
    fc.array(word, { maxLength: 8 }).map((words) => words.join('')),
  )
  fc.assert(
    fc.property(text, (selector) => {
      try {
        assert.ok(parseSelector(selector).every(({ op }) => /^[!=]~?=?$/.test(op)))
      } catch (error) {
        assert.ok(error instanceof NarthexError && error.kind === 'bad_data', String(error))
      }
    }),
    { seed: 31, numRuns: 3_000 },
  )
})

/** Grammatical expressions of any shape; types may not fit. */
const expression: fc.Arbitrary<string> = fc.letrec<{ expr: string; duration: string }>((tie) => ({
  duration: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('5m', '1h30m', '90', '0.5', 'step()', 'range()', '-7s', '1w', '1.005'),
    fc
      .tuple(tie('duration'), fc.constantFrom('+', '-', '*', '/', '%', '^'), tie('duration'))
      .map(([left, op, right]) => `${left} ${op} ${right}`),
    tie('duration').map((inner) => `(${inner})`),
    tie('duration').map((inner) => `-${inner}`),
    fc.tuple(tie('duration'), tie('duration')).map(([a, b]) => `max_of(${a}, ${b})`),
  ),
  expr: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('foo', 'a:b', '{"é.x"}', 'foo{a=~"b.*",c!="d\\n"}', 'sum', 'on{x="\\xff"}'),
    fc.constantFrom('1', '-1', 'Inf', 'NaN', '1e-9', '0x1F', '5m', '-1h', '1e30', '"s\\u00e9"'),
    fc
      .tuple(
        tie('expr'),
        fc.constantFrom(
          ...'+ - * / % ^ atan2 == != < > <= >= and or unless </ >/'.split(' '),
          ...[
            '> bool',
            '+ on (a)',
            '/ ignoring (a, b) group_left (c)',
            '- fill (2)',
            '* fill_left (-1)',
          ],
        ),
        tie('expr'),
      )
      .map(([left, op, right]) => `${left} ${op} ${right}`),
    tie('expr').map((inner) => `(${inner})`),
    tie('expr').map((inner) => `-${inner}`),
    fc
      .tuple(
        fc.constantFrom(
          'rate',
          'abs',
          'vector',
          'scalar',
          'sum',
          'avg by (a, "b c")',
          'max without (a)',
        ),
        tie('expr'),
      )
      .map(([name, arg]) => `${name}(${arg})`),
    fc
      .tuple(tie('duration'), fc.constantFrom('', ' anchored', ' smoothed'))
      .map(([d, ext]) => `foo[${d}]${ext}`),
    fc.tuple(tie('expr'), tie('duration'), tie('duration')).map(([e, d, s]) => `${e}[${d}:${s}]`),
    fc.tuple(tie('expr'), tie('duration')).map(([e, d]) => `${e} offset ${d}`),
    fc
      .tuple(tie('expr'), fc.constantFrom('@ 12.5', '@ end()', '@ -3'))
      .map(([e, at]) => `${e} ${at}`),
  ),
})).expr

test('what is printed parses to the same tree, in one line and in many', () => {
  let accepted = 0
  fc.assert(
    fc.property(expression, (text) => {
      let expr: Expr
      try {
        expr = parseExpr(text, ALL_FEATURES)
      } catch (error) {
        assert.match(messageOf(error), /parse error/)
        return
      }
      accepted++
      for (const printed of [printExpr(expr), prettify(expr), prettify(expr, 10)]) {
        assert.deepEqual(bare(parseExpr(printed, ALL_FEATURES)), bare(expr), printed)
      }
    }),
    { seed: 20_261_121, numRuns: 6_000 },
  )
  assert.ok(accepted > 1_000, `${accepted} accepted`)
})
