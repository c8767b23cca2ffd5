/** The ballast: there when it fits, gone when it is needed, never half. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBallast } from '../../../src/store/log/ballast.ts'
import { MemoryDisk } from './disk.ts'

test('a ballast is made, given back and taken again', () => {
  const disk = new MemoryDisk()
  const ballast = openBallast(disk, '/data', 1000)
  assert.equal(ballast.held, true)
  assert.equal(disk.size('/data/ballast'), 1000)
  assert.equal(ballast.release(), true)
  assert.deepEqual(disk.list('/data'), [])
  assert.equal(ballast.release(), false)
  assert.equal(ballast.restore(), true)
  assert.equal(disk.size('/data/ballast'), 1000)
})

test('C04: a disk too full for the ballast opens all the same, without one', () => {
  const disk = new MemoryDisk()
  disk.faultAt = () => 'ENOSPC'
  const ballast = openBallast(disk, '/data', 1000)
  assert.equal(ballast.held, false)
  disk.faultAt = () => undefined
  assert.equal(ballast.restore(), true)
})

test('a ballast of another size is made anew', () => {
  const disk = new MemoryDisk()
  disk.write('/data/ballast', new Uint8Array(10))
  openBallast(disk, '/data', 1000)
  assert.equal(disk.size('/data/ballast'), 1000)
})
