/** Words of a filter, and where they stand in what it has found. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { hasWords, markWords, wordsOf } from '../../../ui/format/words.ts'

const marked = (text: string, ...words: readonly string[]): string =>
  markWords(text, words)
    .map((part) => (part.isMarked ? `[${part.text}]` : part.text))
    .join('')

test('case and spaces do not count', () => {
  assert.deepEqual(wordsOf('  Replica\tLAG '), ['replica', 'lag'])
  assert.equal(hasWords('MysqlReplicaLags', ['replica', 'lag']), true)
  assert.equal(hasWords('MysqlReplicaLags', ['replica', 'log']), false)
  assert.equal(hasWords('anything', []), true)
})

for (const [text, words, wanted] of [
  ['MysqlReplicaLags', ['replica', 'lag'], 'Mysql[Replica][Lag]s'],
  ['aaa', ['a'], '[a][a][a]'],
  ['abab', ['ab', 'b'], '[ab][ab]'],
  ['nothing of it', ['x'], 'nothing of it'],
  ['', ['x'], ''],
  ['all', ['all'], '[all]'],
  ['a', [''], 'a'],
] as const) {
  test(`marked in ${JSON.stringify(text)}: ${words.join(', ')}`, () => {
    assert.equal(marked(text, ...words), wanted)
    assert.equal(
      markWords(text, words)
        .map((part) => part.text)
        .join(''),
      text,
    )
  })
}
