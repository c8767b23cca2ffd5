/** Which state a partition is in, and which are shown. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  nameOf,
  type Partition,
  shownPartitions,
  stateOf,
} from '../../../ui/partitions/partition.ts'

const partition = (number: number, part: Partial<Partition>): Partition => ({
  topic: 'metrics',
  partition: number,
  committedOffset: 10,
  endOffset: 10,
  lag: 0,
  queuedBytes: 0,
  isWaiting: false,
  stillSeconds: 0,
  ...part,
})

for (const [name, part, state] of [
  ['nothing to read', { stillSeconds: 900 }, 'caught up'],
  ['something to read', { lag: 5 }, 'reading'],
  ['a batch with the destinations', { lag: 5, isWaiting: true }, 'writing'],
  ['the last batch with the destinations', { isWaiting: true }, 'writing'],
  ['no step for too long', { lag: 5, isWaiting: true, stillSeconds: 61 }, 'stands still'],
] as const) {
  test(`${name}: ${state}`, () => {
    assert.equal(stateOf(partition(0, part)), state)
  })
}

test('the greatest lag comes first, then topic and number; words narrow', () => {
  const all = [
    partition(10, {}),
    partition(9, {}),
    partition(0, { topic: '지표', lag: 7 }),
    partition(1, { topic: '지표', lag: 70, stillSeconds: 100 }),
  ]
  const names = (text: string): string[] => shownPartitions(all, text).map(nameOf)
  assert.deepEqual(names(''), ['지표/1', '지표/0', 'metrics/9', 'metrics/10'])
  assert.deepEqual(names('STILL'), ['지표/1'])
  assert.deepEqual(names('지표 reading'), ['지표/0'])
  assert.deepEqual(names('nothing'), [])
})
