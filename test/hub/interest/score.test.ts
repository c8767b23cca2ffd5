/** Popular, on the rise, new: what counts make of an entry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DAY_MS,
  dayOf,
  isNew,
  orderByInterest,
  popularityOf,
  RECENT_DAYS,
  trendOf,
} from '../../../src/hub/interest/score.ts'
import type { ListedEntry } from '../../../src/model/interest.ts'

const NOW_MS = Date.UTC(2026, 0, 10, 23, 59)

test('putting an entry to use says more than looking at it', () => {
  assert.ok(popularityOf(0, 1) > popularityOf(9, 0))
  assert.equal(popularityOf(3, 2), 23)
})

test('what is looked at as ever has no trend, however popular it is', () => {
  assert.equal(trendOf(70, 10 * 83, 83), 0)
  assert.equal(trendOf(7_000, 83_000, 83), 0)
  assert.equal(trendOf(0, 100, 83), 0, 'nor has what falls')
})

test('a rise counts by how unlikely it is, not by its ratio', () => {
  const single = trendOf(1, 0, 83)
  const many = trendOf(10, 0, 83)
  const onTop = trendOf(200, (100 / RECENT_DAYS) * 83, 83)
  assert.ok(single > 0)
  assert.ok(many > single * 5, 'ten times nothing is more than once nothing')
  assert.ok(onTop > single * 5, 'a hundred more is more than one, though it is only twice as much')
  assert.ok(trendOf(110, (100 / RECENT_DAYS) * 83, 83) <= single * 1.1, 'and ten more is not')
})

test('in the first week every look is a rise', () => {
  assert.equal(trendOf(12, 0, 0), 12)
})

test('an entry is new for seven days, and one that was there from the beginning never', () => {
  assert.equal(isNew(NOW_MS, NOW_MS), true)
  assert.equal(isNew(NOW_MS - 7 * DAY_MS, NOW_MS), true)
  assert.equal(isNew(NOW_MS - 7 * DAY_MS - 1, NOW_MS), false)
  assert.equal(isNew(0, NOW_MS), false)
  assert.equal(isNew(0, DAY_MS), false, 'nor while the clock of the machine is not set yet')
})

test('a day ends at midnight in UTC', () => {
  assert.equal(dayOf(NOW_MS + 60_000), dayOf(NOW_MS) + 1)
})

test('an order begins with the most, then goes by name', () => {
  const entry = (name: string, popularity: number, trend: number, changedMs: number) =>
    ({ name, popularity, trend, changedMs }) as ListedEntry
  const all = [entry('c', 1, 0, 5), entry('b', 1, 0, 0), entry('a', 0, 2, 0)]
  const names = (order: 'popular' | 'trending' | 'recent'): string =>
    orderByInterest(all, order)
      .map(({ name }) => name)
      .join('')
  assert.equal(names('popular'), 'bca')
  assert.equal(names('trending'), 'abc')
  assert.equal(names('recent'), 'cab')
})
