/** The hash of keys: every byte counts, wherever it stands. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey, KEY_HASH } from '../../../src/collect/scrape/keyhash.ts'

function hashOf(bytes: Uint8Array, at = 0, length: number = bytes.length): string {
  hashKey(new DataView(bytes.buffer), at, length)
  return KEY_HASH.join()
}

test('every bit of keys of any length changes the hash', () => {
  for (let length = 1; length <= 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) & 255)
    const hashes = new Set([hashOf(bytes)])
    for (let i = 0; i < length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        bytes[i] ^= 1 << bit
        hashes.add(hashOf(bytes))
        bytes[i] ^= 1 << bit
      }
    }
    assert.equal(hashes.size, length * 8 + 1)
  }
})

test('the place in the body does not matter', () => {
  const key = new TextEncoder().encode('node_cpu_seconds_total{cpu="0",mode="idle"}')
  for (let at = 0; at < 16; at++) {
    const body = new Uint8Array(key.length + 32).fill(at)
    body.set(key, at)
    assert.equal(hashOf(body, at, key.length), hashOf(key))
  }
})

test('200,000 keys that differ in a few digits have as many hashes, and spread over any table', () => {
  const hashes = new Set<string>()
  const slots = new Uint16Array(1024)
  const bytes = new Uint8Array(64)
  const encoder = new TextEncoder()
  for (let i = 0; i < 200_000; i++) {
    const text = `m{a="${i % 300}",b="${i}",c="${i * 7}"}`
    const { written } = encoder.encodeInto(text, bytes)
    hashes.add(hashOf(bytes, 0, written))
    slots[KEY_HASH[0] & 1023]++
  }
  assert.equal(hashes.size, 200_000)
  assert.ok(Math.max(...slots) < 400, 'a slot is crowded')
})

test('grids of digits have no two keys of one hash, wherever the digits stand', () => {
  for (let from = 0; from < 12; from++) {
    for (const distance of [3, 6, 8, 10, 11]) {
      const bytes = new Uint8Array(48).fill(97)
      const hashes = new Set<string>()
      for (let n = 0; n < 1000; n++) {
        bytes[from] = 48 + (n % 10)
        bytes[from + distance] = 48 + (Math.floor(n / 10) % 10)
        bytes[from + 2 * distance] = 48 + Math.floor(n / 100)
        hashes.add(hashOf(bytes))
      }
      assert.equal(hashes.size, 1000)
    }
  }
})
