/** Differences of texts: applied they give the other text, and changes of two go together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  DIFF_EDITS_MAX,
  diffLines,
  linesOf,
  mergeTexts,
  type Piece,
} from '../../src/model/textdiff.ts'
import { cpuMsOf } from '../support/cpu.ts'

/** Few different lines, so that much is alike. */
const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
const texts = lines.map((all) => all.join('\n'))
const SEED = { seed: 20_261_121, numRuns: 500 }

function apply(a: readonly string[], b: readonly string[], pieces: readonly Piece[]): string[] {
  return pieces.flatMap(({ isSame, fromA, toA, fromB, toB }) =>
    isSame ? a.slice(fromA, toA) : b.slice(fromB, toB),
  )
}

/** How many lines the longest common part has, by the table of every textbook. */
function commonCount(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i][j] =
        a[i - 1] === b[j - 1] ? table[i - 1][j - 1] + 1 : Math.max(table[i - 1][j], table[i][j - 1])
    }
  }
  return table[a.length][b.length]
}

test('a difference that is applied gives the other text, covers both, and is the shortest', () => {
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      const pieces = diffLines(a, b)
      assert.deepEqual(apply(a, b, pieces), b)
      let [atA, atB, kept] = [0, 0, 0]
      for (const { isSame, fromA, toA, fromB, toB } of pieces) {
        assert.deepEqual([fromA, fromB], [atA, atB])
        if (isSame) {
          assert.deepEqual(a.slice(fromA, toA), b.slice(fromB, toB))
          kept += toA - fromA
        }
        atA = toA
        atB = toB
      }
      assert.deepEqual([atA, atB], [a.length, b.length])
      assert.equal(kept, commonCount(a, b))
      assert.ok(pieces.every(({ isSame }, n) => n === 0 || isSame !== pieces[n - 1].isSame))
    }),
    SEED,
  )
})

test('texts that have nothing in common are told in a moment, as replaced', () => {
  const a = Array.from({ length: 60_000 }, (_, n) => `a${n}`)
  const b = a.map((line) => `b${line}`)
  let pieces: ReturnType<typeof diffLines> = []
  const tookMs = cpuMsOf(() => {
    pieces = diffLines(['same', ...a, 'end'], ['same', ...b, 'end'])
  })
  assert.ok(tookMs < 2000, `${tookMs} ms`)
  assert.deepEqual(
    pieces.map(({ isSame }) => isSame),
    [true, false, true],
  )
  const few = a.slice(0, DIFF_EDITS_MAX / 2)
  assert.equal(diffLines(few, [...few.slice(1), 'x']).length, 3)
})

test('whoever has changed nothing takes over what the other has', () => {
  fc.assert(
    fc.property(texts, texts, (base, changed) => {
      assert.deepEqual(mergeTexts(base, changed, base), { text: changed, conflicts: 0 })
      assert.deepEqual(mergeTexts(base, base, changed), { text: changed, conflicts: 0 })
      assert.deepEqual(mergeTexts(base, changed, changed), { text: changed, conflicts: 0 })
    }),
    SEED,
  )
})

test('changes in different places go together, whoever comes first', () => {
  const spread = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(spread, spread, (mine, others) => {
      const base = Array.from({ length: 40 }, (_, n) => `line ${n}`)
      const yours = base.with(mine[0] * 4, 'yours')
      const theirs = base.with(others[0] * 4 + 2, 'theirs')
      const both = base
        .with(mine[0] * 4, 'yours')
        .with(others[0] * 4 + 2, 'theirs')
        .join('\n')
      const [b, y, t] = [base, yours, theirs].map((each) => each.join('\n'))
      assert.deepEqual(mergeTexts(b, y, t), { text: both, conflicts: 0 })
      assert.deepEqual(mergeTexts(b, t, y), { text: both, conflicts: 0 })
    }),
    SEED,
  )
})

test('what both have changed stands there as both have it', () => {
  const merged = mergeTexts('a\nb\nc\n', 'a\nyours\nc\n', 'a\ntheirs\nc\nd\n')
  assert.equal(merged.text, 'a\n<<<<<<< yours\nyours\n=======\ntheirs\n>>>>>>> theirs\nc\nd\n')
  assert.equal(merged.conflicts, 1)
})

test('nothing that somebody wrote is lost', () => {
  fc.assert(
    fc.property(texts, texts, texts, (base, a, b) => {
      const yours = `${a}\nonly yours`
      const theirs = `only theirs\n${b}`
      const { text } = mergeTexts(base, yours, theirs)
      assert.ok(linesOf(text).includes('only yours') && linesOf(text).includes('only theirs'))
    }),
    SEED,
  )
})
