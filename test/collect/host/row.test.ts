/** The row of the host: values, staleness, slots used again, bounds, a forgetful appender. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostRow } from '../../../src/collect/host/row.ts'
import { testAppender } from './support.ts'

const COMMON = [['job', 'node']] as const

test('a series that is not set gets one marker, a thing without values ends', () => {
  const appender = testAppender()
  const row = new HostRow(appender, COMMON)
  const disk = row.thing()
  const [reads, writes] = ['reads', 'writes'].map((name) => row.slot(disk, name))
  row.set(reads, 1)
  row.set(writes, 2)
  assert.equal(row.sampleCount, 2)
  assert.equal(row.finish(1000).sampleCount, 2)
  row.set(reads, 3)
  row.finish(2000)
  assert.deepEqual([...appender.last.stale], ['writes{job="node"}'])
  row.set(reads, 4)
  row.finish(3000)
  assert.equal(appender.last.stale.size, 0, 'the marker is written once')
  assert.equal(disk.gone, false)
  row.finish(4000)
  assert.deepEqual([...appender.last.stale], ['reads{job="node"}'])
  assert.equal(disk.gone, true)
  row.finish(5000)
  assert.equal(appender.rows.length, 4, 'a row without cells is not appended')
})

test('slots of things that ended are used again, without their old values', () => {
  const appender = testAppender()
  const row = new HostRow(appender, COMMON)
  for (let i = 0; i < 5000; i++) {
    const thing = row.thing()
    row.set(row.slot(thing, 'x', ['id', String(i)]), i)
    row.finish(i)
    if (i > 0) {
      assert.deepEqual([...appender.last.values], [[`x{id="${i}", job="node"}`, i]])
      assert.deepEqual([...appender.last.stale], [`x{id="${i - 1}", job="node"}`])
    }
  }
})

test('more series than the first room holds are all there', () => {
  const appender = testAppender()
  const row = new HostRow(appender, COMMON)
  const thing = row.thing()
  for (let i = 0; i < 5000; i++) row.set(row.slot(thing, 'x', ['id', String(i)]), i)
  assert.equal(row.finish(1).sampleCount, 5000)
  assert.equal(appender.last.values.get('x{id="4999", job="node"}'), 4999)
})

test('a series that the appender has forgotten is asked for again, and its value kept', () => {
  const appender = testAppender()
  const row = new HostRow(appender, COMMON)
  const thing = row.thing()
  const slots = ['a', 'b', 'c'].map((name) => row.slot(thing, name))
  for (const slot of slots) row.set(slot, 1)
  row.finish(1)
  appender.forgotten.add(1)
  for (const slot of slots) row.set(slot, 2)
  const { outcomeCounts } = row.finish(2)
  assert.equal(outcomeCounts[0], 3)
  assert.deepEqual([...appender.last.values.values()], [2, 2, 2])
  assert.equal(appender.asked.length, 4)
})

test('a series over the appender’s limit is left out and counted, the others go on', () => {
  const appender = testAppender()
  appender.seriesMax = 1
  const row = new HostRow(appender, COMMON)
  const thing = row.thing()
  const slots = ['a', 'b'].map((name) => row.slot(thing, name))
  for (const slot of slots) row.set(slot, 1)
  assert.equal(row.finish(1).refusedCount, 1)
  assert.deepEqual([...appender.last.values.keys()], ['a{job="node"}'])
})

test('a value that is no number leaves its series out', () => {
  const appender = testAppender()
  const row = new HostRow(appender, COMMON)
  const thing = row.thing()
  const [a, b] = ['a', 'b'].map((name) => row.slot(thing, name))
  row.set(a, Number.NaN)
  row.set(b, 0)
  row.finish(1)
  assert.deepEqual([...appender.last.values.keys()], ['b{job="node"}'])
})
