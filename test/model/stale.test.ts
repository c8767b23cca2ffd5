import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStale, isStaleAt, STALE } from '../../src/model/stale.ts'

test('the marker keeps its bits through copies between float arrays and is no ordinary NaN', () => {
  const values = new Float64Array(3)
  values.set(STALE, 1)
  values[2] = Number.NaN
  const copy = new Float64Array(values)
  assert.deepEqual(
    [0, 1, 2].map((i) => isStaleAt(copy, i)),
    [false, true, false],
  )
})

test('the marker keeps its bits when optimised code moves it as a number', () => {
  const from = new Float64Array(64)
  const to = new Float64Array(64)
  for (let i = 0; i < 64; i += 2) from.set(STALE, i)
  const move = (): void => {
    for (let i = 0; i < 64; i++) to[i] = from[i]
  }
  for (let round = 0; round < 20_000; round++) move()
  for (let i = 0; i < 64; i++) assert.equal(isStale(to[i]), i % 2 === 0)
})

test('the marker is told apart however often it is asked for', () => {
  const values = new Float64Array(64)
  values.set(STALE, 5)
  let seen = 0
  for (let turn = 0; turn < 20_000; turn++) {
    for (let i = 0; i < values.length; i++) if (isStaleAt(values, i)) seen++
  }
  assert.equal(seen, 20_000)
})
