/** Buffers of bodies: their bounds, one by one and together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { BodyPool } from '../../../src/net/client/body.ts'

test('a body is refused when it reaches its bound, as Prometheus counts', () => {
  const body = new BodyPool().lease(5)
  body.append(new Uint8Array(4), 0, 4)
  assert.throws(() => body.append(new Uint8Array(1), 0, 1), { message: 'body size limit exceeded' })
})

test('a buffer is used again, emptied', () => {
  const pool = new BodyPool()
  const first = pool.lease(100)
  first.append(Uint8Array.of(1, 2), 0, 2)
  first.finish()
  first.release()
  const second = pool.lease(100)
  assert.equal(second, first)
  assert.equal(second.length, 0)
})

test('C27: all bodies together have a bound, which is free again after release', () => {
  const pool = new BodyPool(64 * 1024)
  const bodies = Array.from({ length: 4 }, () => pool.lease(1e9))
  const isBusy = (error: unknown): boolean => error instanceof NarthexError && error.kind === 'busy'
  assert.throws(() => pool.lease(1e9), isBusy)
  assert.throws(() => bodies[0].append(new Uint8Array(20_000), 0, 20_000), isBusy)
  assert.equal(pool.leasedBytes, 64 * 1024)
  for (const body of bodies) body.release()
  assert.equal(pool.leasedBytes, 0)
  pool.lease(1e9).append(new Uint8Array(20_000), 0, 20_000)
})

test('C27: large bodies leave room for small ones', () => {
  const mib = 1024 * 1024
  const pool = new BodyPool(8 * mib)
  const large = pool.lease(1e9)
  large.reserve(4 * mib - 1)
  assert.throws(() => pool.lease(1e9, 4 * mib - 1), { message: /at most 7340032$/ })
  const more = pool.lease(1e9)
  more.reserve(2 * mib - 1)
  assert.throws(() => pool.lease(1e9).reserve(2 * mib - 1), { message: /at most 7340032$/ })
  for (let i = 0; i < 64; i++) pool.lease(1e9)
  assert.ok(pool.leasedBytes > 7 * mib - 16 * 1024)
})
