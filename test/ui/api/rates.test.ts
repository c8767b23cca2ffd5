/** Rates between polls. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { Rates, READINGS_MAX } from '../../../ui/api/rates.ts'

const ratesOf = (...readings: readonly (readonly [seconds: number, count: number])[]): Rates => {
  const rates = new Rates()
  for (const [seconds, count] of readings) rates.take(seconds * 1000, new Map([['x', count]]))
  return rates
}

test('one poll says nothing yet, and an unknown name neither', () => {
  assert.equal(ratesOf([0, 100]).perSecond('x', 60_000), undefined)
  assert.deepEqual(ratesOf([0, 100]).points('x'), [])
  assert.equal(ratesOf([0, 1], [5, 2]).perSecond('y', 60_000), undefined)
})

test('the rate is the growth over the window, by its real length', () => {
  const rates = ratesOf([0, 0], [5, 50], [11, 50], [15, 150])
  assert.equal(rates.perSecond('x', 60_000), 10)
  assert.equal(rates.perSecond('x', 4000), 25)
  assert.equal(rates.perSecond('x', 1), 25, 'a window shorter than the polls takes the last two')
  assert.deepEqual(
    rates.points('x').map(({ perSecond }) => perSecond),
    [10, 0, 25],
  )
})

test('a counter that fell has begun again at zero', () => {
  assert.equal(ratesOf([0, 1000], [10, 30]).perSecond('x', 60_000), 3)
})

test('what is gone is forgotten, and readings are bounded', () => {
  const rates = new Rates()
  for (let i = 0; i < READINGS_MAX + 50; i++) rates.take(i * 1000, new Map([['x', i]]))
  assert.equal(rates.points('x').length, READINGS_MAX - 1)
  rates.take(1e9, new Map([['y', 1]]))
  assert.deepEqual(rates.points('x'), [])
})
