/** C03: of a damaged LMDB file everything is found that a checksum proves, and nothing else. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DamagedEnvironment, type ProvenPair } from '../../../src/store/lmdb/damaged.ts'
import { type Environment, openEnvironment } from '../../../src/store/lmdb/environment.ts'
import { randomOf } from '../log/disk.ts'

const DIR = fs.mkdtempSync(join(tmpdir(), 'narthex-damaged-'))
after(() => fs.rmSync(DIR, { recursive: true }))

const PAGE_BYTES = 4096
const KEYS = 150
const ROUNDS = 4
const PAGE_HEADER_BYTES = 24
const FORGED_PAGES = 16

/** Short values that change with each commit, and long ones that stay. */
function writeRound(environment: Environment, round: number): void {
  environment.write((table) => {
    for (let i = 0; i < KEYS; i++) table('changes').put(keyOf(i), shortValueOf(i, round))
    for (let i = round; i < KEYS; i += ROUNDS) table('stays').put(longKeyOf(i), longValueOf(i))
  })
}

const keyOf = (i: number): Uint8Array => Uint8Array.of(i >> 8, i & 255)
const longKeyOf = (i: number): Uint8Array => Uint8Array.of(7, i >> 8, i & 255)
const shortValueOf = (i: number, round: number): Uint8Array =>
  new Uint8Array(40 + (i % 9)).fill(round)
const longValueOf = (i: number): Uint8Array => new Uint8Array(2500 + i * 11).fill(i)
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

async function makeSound(): Promise<Buffer> {
  const path = join(DIR, 'sound.mdb')
  const environment = openEnvironment({ path, tables: ['changes', 'stays'] })
  for (let round = 0; round < ROUNDS; round++) writeRound(environment, round)
  await environment.close()
  return fs.readFileSync(path)
}

const sound = await makeSound()

interface Found {
  readonly live: Map<string, ProvenPair>
  /** Newest first wins. */
  readonly stray: Map<string, ProvenPair>
  readonly lost: Map<string, ProvenPair>
  readonly isWhole: boolean
}

/** All that is found of a file; lost long values are looked for by their keys. */
function find(bytes: Uint8Array): Found {
  const path = join(DIR, 'damaged.mdb')
  fs.writeFileSync(path, bytes)
  const damaged = new DamagedEnvironment(path)
  const live = new Map<string, ProvenPair>()
  const stray = new Map<string, ProvenPair>()
  const lost = new Map<string, ProvenPair>()
  for (const pair of [...damaged.live()].flat()) live.set(textOf(pair.key), pair)
  for (const pair of [...damaged.stray()].flat()) {
    const known = stray.get(textOf(pair.key))
    if (known === undefined || pair.txn > known.txn) stray.set(textOf(pair.key), pair)
  }
  const keys = new Set<Uint8Array>()
  for (let i = 0; i < KEYS; i++) {
    const key = longKeyOf(i)
    if (!live.has(textOf(key)) && !stray.has(textOf(key))) keys.add(key)
  }
  for (const pair of [...damaged.lost(keys, () => true)].flat()) lost.set(textOf(pair.key), pair)
  const { isWhole } = damaged
  damaged.close()
  return { live, stray, lost, isWhole }
}

test('all pairs of a sound file are found by its tree', () => {
  const { live, isWhole, lost } = find(sound)
  assert.ok(isWhole)
  assert.equal(live.size, 2 * KEYS)
  assert.equal(lost.size, 0)
  for (let i = 0; i < KEYS; i++) {
    assert.deepEqual(live.get(textOf(keyOf(i)))?.value, shortValueOf(i, ROUNDS - 1))
    assert.deepEqual(live.get(textOf(longKeyOf(i)))?.value, longValueOf(i))
  }
})

test('whichever page is gone, all long values but that of the page are found', () => {
  const pages = sound.length / PAGE_BYTES
  let foundByChecksum = 0
  for (let page = 0; page < pages; page++) {
    const bytes = Buffer.from(sound).fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
    const { live, stray, lost } = find(bytes)
    let missing = 0
    for (let i = 0; i < KEYS; i++) {
      const text = textOf(longKeyOf(i))
      const pair = live.get(text) ?? stray.get(text) ?? lost.get(text)
      if (pair === undefined) missing++
      else assert.deepEqual(pair.value, longValueOf(i))
    }
    assert.ok(missing <= 1, `page ${page}: ${missing} long values are missing`)
    foundByChecksum += lost.size
  }
  assert.ok(foundByChecksum > 0, 'a leaf that is gone leaves values that only their checksum names')
})

test('of a short value the newest state that is left is found, with its transaction', () => {
  const random = randomOf(3)
  for (let turn = 0; turn < 30; turn++) {
    const page = 2 + Math.floor(random() * (sound.length / PAGE_BYTES - 2))
    const bytes = Buffer.from(sound).fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
    const { live, stray } = find(bytes)
    for (let i = 0; i < KEYS; i++) {
      const text = textOf(keyOf(i))
      const now = live.get(text)
      if (now !== undefined) assert.deepEqual(now.value, shortValueOf(i, ROUNDS - 1))
      const pair = now ?? stray.get(text)
      if (pair !== undefined) assert.deepEqual(pair.value.length, 40 + (i % 9))
    }
  }
})

test('pages of a transaction that was never committed are passed over', async () => {
  const path = join(DIR, 'uncommitted.mdb')
  fs.writeFileSync(path, sound)
  const environment = openEnvironment({ path, tables: ['changes', 'stays'] })
  writeRound(environment, ROUNDS)
  await environment.close()
  const bytes = fs.readFileSync(path)
  // As if the power had failed before the meta page was written, and a branch had gone later.
  sound.copy(bytes, 0, 0, 2 * PAGE_BYTES)
  const even = Number(sound.readBigUInt64LE(24 + 24 + 104))
  const odd = Number(sound.readBigUInt64LE(PAGE_BYTES + 24 + 24 + 104))
  const root = Number(sound.readBigUInt64LE((even > odd ? 0 : PAGE_BYTES) + 24 + 24 + 48 + 40))
  bytes.fill(0, root * PAGE_BYTES, (root + 1) * PAGE_BYTES)
  const { live, stray, isWhole } = find(bytes)
  assert.equal(isWhole, false)
  assert.equal(live.size, 0)
  let found = 0
  for (let i = 0; i < KEYS; i++) {
    const pair = stray.get(textOf(keyOf(i)))
    if (pair === undefined) continue
    found++
    assert.notDeepEqual(pair.value, shortValueOf(i, ROUNDS), 'it was not committed')
  }
  assert.equal(found, KEYS)
})

/** A file with one long value whose pages say that they are leaves with a pair, from a number on. */
async function fileWithForgedLeaves(leaf: Buffer, firstPage: number): Promise<Buffer> {
  const path = join(DIR, `forged-${firstPage}.mdb`)
  const value = new Uint8Array(FORGED_PAGES * PAGE_BYTES)
  for (let i = 0; i + 1 < FORGED_PAGES; i++) {
    leaf.writeUIntLE(firstPage + i, 0, 6)
    value.set(leaf, (i + 1) * PAGE_BYTES - PAGE_HEADER_BYTES)
  }
  const environment = openEnvironment({ path, tables: ['changes', 'stays'] })
  environment.write((table) => table('changes').put(keyOf(1), value))
  await environment.close()
  return fs.readFileSync(path)
}

test('what looks like a page inside of a value is none', async () => {
  const path = join(DIR, 'leaf.mdb')
  const environment = openEnvironment({ path, tables: ['stays'] })
  environment.write((table) => table('stays').put(longKeyOf(1), new Uint8Array(100).fill(66)))
  await environment.close()
  const leaf = leafWith(fs.readFileSync(path), textOf(longKeyOf(1)))
  const somewhere = await fileWithForgedLeaves(leaf, 0)
  const long = Array.from({ length: somewhere.length / PAGE_BYTES }, (_, page) => page).find(
    (page) => page > 1 && somewhere.readUInt16LE(page * PAGE_BYTES + 18) === 4,
  )
  assert.ok(long !== undefined, 'a long value')
  const forged = await fileWithForgedLeaves(leaf, long + 1)
  assert.equal(forged.readUIntLE((long + 1) * PAGE_BYTES, 6), long + 1, 'the number is right')
  const { live, stray } = find(forged)
  assert.ok(live.has(textOf(keyOf(1))))
  assert.ok(!stray.has(textOf(longKeyOf(1))))
})

/** The leaf page that has a key. */
function leafWith(bytes: Buffer, key: string): Buffer {
  for (let at = 2 * PAGE_BYTES; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.subarray(at, at + PAGE_BYTES)
    if (page.includes(Buffer.from(key, 'hex'))) return Buffer.from(page)
  }
  throw new Error(`no page with ${key}`)
}
