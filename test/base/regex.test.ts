/** Users' expressions: the short cuts agree with the program, and nothing takes long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { NarthexError } from '../../src/base/error.ts'
import {
  compileRegex,
  compileReplacing,
  REGEX_CACHE_MAX,
  REGEX_LENGTH_MAX,
  type Regex,
} from '../../src/base/regex.ts'
import { cpuMsOf } from '../support/cpu.ts'

const isBadData = (error: unknown): boolean =>
  error instanceof NarthexError && error.kind === 'bad_data'

/** Pieces that hit the short cuts, their borders and what lies just outside them. */
const piece = fc.constantFrom(
  ...['a', 'b', 'ab', '.', '.*', '.+', '.?', '|', '\\.', '\\|', '\\-', '\\d', '(', ')', '(?:', '^'],
  ...['$', '*', '+', '?', '[ab]', '{2}', '\n', 'é', '😀', '-', ' ', '(?i)', '\\', '.*?'],
)
const source = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''))
const subject = fc
  .array(fc.constantFrom('a', 'b', 'ab', '.', '|', '-', '\n', 'é', '😀', ' ', '1', 'A'), {
    maxLength: 7,
  })
  .map((pieces) => pieces.join(''))

function compileOrRefusal(text: string): Regex | undefined {
  try {
    return compileRegex(text)
  } catch (error) {
    assert.ok(isBadData(error), String(error))
    return undefined
  }
}

function programOrRefusal(text: string): RE2JS | undefined {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL)
  } catch {
    return undefined
  }
}

test('a compiled expression matches what the RE2 program matches, and refuses what it refuses', () => {
  let accepted = 0
  fc.assert(
    fc.property(source, fc.array(subject, { minLength: 5, maxLength: 5 }), (text, subjects) => {
      const regex = compileOrRefusal(text)
      const program = programOrRefusal(text)
      assert.equal(regex === undefined, program === undefined, JSON.stringify(text))
      if (regex === undefined || program === undefined) return
      accepted++
      for (const candidate of subjects) {
        const wanted = program.matches(candidate)
        const about = `${JSON.stringify(text)} on ${JSON.stringify(candidate)}`
        assert.equal(regex.test(candidate), wanted, about)
        if (regex.literals !== undefined) {
          assert.equal(regex.literals.includes(candidate), wanted, about)
        }
        if (wanted) assert.ok(candidate.startsWith(regex.prefix), about)
      }
    }),
    { seed: 20_261_121, numRuns: 8_000 },
  )
  assert.ok(accepted > 1_000, `${accepted} expressions were accepted`)
})

for (const [text, literals, prefix] of [
  ['', [''], ''],
  ['node', ['node'], 'node'],
  ['a|b', ['a', 'b'], ''],
  ['(a|b|a)', ['a', 'b'], ''],
  ['^(?:10\\.0\\.0\\.1:9100|db-2)$', ['10.0.0.1:9100', 'db-2'], ''],
  ['node.*', undefined, 'node'],
  ['node.+', undefined, 'node'],
  ['node[0-9]+', undefined, 'node'],
  ['node[0-9]+|db', undefined, ''],
  ['.*', undefined, ''],
  ['(?i)node', undefined, ''],
] as const) {
  test(`compileRegex knows the literals and the prefix of ${JSON.stringify(text)}`, () => {
    const regex = compileRegex(text)
    assert.deepEqual(regex.literals, literals)
    assert.equal(regex.prefix, prefix)
  })
}

for (const text of ['(', 'a)|(b', '[', 'a{2', '\\', '(?=a)', 'x**', '(x{1000}){1000}', '\\1']) {
  test(`compileRegex refuses ${text} or reads it as RE2 does`, () => {
    if (programOrRefusal(text) === undefined) assert.throws(() => compileRegex(text), isBadData)
    else assert.doesNotThrow(() => compileRegex(text))
  })
}

test('a pair of surrogates is one character', () => {
  assert.equal(compileRegex('.+.+').test('😀'), false)
  assert.equal(compileRegex('.+a.+').test('😀a😀'), true)
})

test('an expression cannot end the group that anchors it', () => {
  assert.throws(() => compileRegex('a)|(b'), isBadData)
})

test('an expression that is too long or makes too large a program is refused', () => {
  assert.throws(() => compileRegex('a'.repeat(REGEX_LENGTH_MAX + 1)), isBadData)
  assert.throws(() => compileRegex('(ab|cd|ef){1,900}(gh|ij){1,900}'), isBadData)
  assert.throws(() => compileReplacing('a'.repeat(REGEX_LENGTH_MAX + 1)), isBadData)
})

/** Shapes that hang backtracking engines, each on a text that almost matches. */
const REDOS: readonly (readonly [source: string, text: string])[] = [
  ['(a+)+$', `${'a'.repeat(4096)}!`],
  ['(a|aa)+$', `${'a'.repeat(4096)}!`],
  ['(a|a?)+$', `${'a'.repeat(4096)}!`],
  ['(.*a){20}', 'a'.repeat(19)],
  ['(.*a){12}b', 'a'.repeat(4096)],
  ['([a-zA-Z]+)*[0-9]', 'a'.repeat(4096)],
  ['(((((a*)*)*)*)*)*b', 'a'.repeat(4096)],
  ['(x+x+)+y', 'x'.repeat(4096)],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(4096)],
  ['(\\w+\\s?)*!', 'word '.repeat(800)],
  ['.*.*.*.*.*.*.*.*=.*', 'x'.repeat(4096)],
  ['(a?){64}a{64}', 'a'.repeat(63)],
  ['[^b]*b?[^c]*c?[^d]*d?e', 'a'.repeat(4096)],
  ['(|a)+b', 'a'.repeat(4096)],
]
for (const [text, candidate] of REDOS) {
  test(`C37: ${text} answers a text of ${candidate.length} characters within 50 ms`, () => {
    const regex = compileRegex(text)
    const took = Math.min(...[1, 2, 3].map(() => cpuMsOf(() => regex.test(candidate))))
    assert.ok(took <= 50, `${took} ms`)
    assert.equal(regex.test(candidate), programOrRefusal(text)?.matches(candidate))
  })
}

for (const [pattern, text, template, wanted] of [
  ['(.*):(.*)', 'host:9100', '$1', 'host'],
  ['(.*):(.*)', 'host:9100', '$'.concat('{2}x$1'), '9100xhost'],
  ['(.*):(.*)', 'host:9100', '$1x', ''],
  ['(?P<name>.*):.*', 'host:9100', '$'.concat('{name}-$$'), 'host-$'],
  ['(a)|(b)', 'b', '[$1$2$3]', '[b]'],
  ['a', 'ab', '$0', undefined],
  ['.*', 'x\ny', '$0', 'x\ny'],
] as const) {
  test(`compileReplacing ${pattern} fills ${template} from ${JSON.stringify(text)}`, () => {
    assert.equal(compileReplacing(pattern).expand(text, template), wanted)
  })
}

test('a replacement does not grow without end', () => {
  const regex = compileReplacing('(.*)')
  const text = 'x'.repeat(10_000)
  assert.equal(regex.expand(text, '$1$1')?.length, 20_000)
  assert.throws(
    () => regex.expand(text, '$1'.repeat(8_000)),
    (error) => error instanceof NarthexError && error.kind === 'limit',
  )
})

test('compiled expressions are kept, but not without end', () => {
  const first = compileRegex('kept[0-9]')
  assert.equal(compileRegex('kept[0-9]'), first)
  for (let i = 0; i < REGEX_CACHE_MAX; i++) compileRegex(`other${i}`)
  assert.notEqual(compileRegex('kept[0-9]'), first)
})
