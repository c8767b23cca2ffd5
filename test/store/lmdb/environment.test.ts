/** The LMDB wrapper: transactions are whole, values are checked, a full disk is `busy`. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { type Environment, openEnvironment } from '../../../src/store/lmdb/environment.ts'

const DIR = fs.mkdtempSync(join(tmpdir(), 'narthex-lmdb-'))
after(() => fs.rmSync(DIR, { recursive: true }))

let files = 0
const newPath = (): string => join(DIR, `${++files}.mdb`)
const keyOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const isKind =
  (kind: string) =>
  (error: unknown): boolean =>
    error instanceof NarthexError && error.kind === kind

async function withEnvironment(
  use: (environment: Environment) => void | Promise<void>,
  path: string = newPath(),
): Promise<void> {
  const environment = openEnvironment({ path, tables: ['a', 'b'] })
  try {
    await use(environment)
  } finally {
    await environment.close()
  }
}

test('what a transaction wrote is there, in all tables and after reopening', async () => {
  const path = newPath()
  await withEnvironment((environment) => {
    environment.write((table) => {
      table('a').put(keyOf(1), Buffer.from('one'))
      table('a').put(keyOf(3), Buffer.from('three'))
      table('b').put(keyOf(1), new Uint8Array(0))
    })
  }, path)
  await withEnvironment((environment) => {
    assert.deepEqual(Buffer.from(environment.table('a').get(keyOf(1)) ?? []).toString(), 'one')
    assert.equal(environment.table('b').get(keyOf(1))?.length, 0)
    assert.equal(environment.table('b').get(keyOf(2)), undefined)
    assert.equal(environment.table('a').has(keyOf(3)), true)
    assert.equal(environment.table('a').count(), 2)
    assert.deepEqual([...environment.table('a').keys(keyOf(2), undefined)], [keyOf(3)])
    assert.deepEqual([...environment.table('a').keys(undefined, keyOf(3))], [keyOf(1)])
  }, path)
})

test('a transaction that throws leaves nothing behind and passes the error on', () =>
  withEnvironment((environment) => {
    const mistake = new Error('a mistake')
    assert.throws(
      () =>
        environment.write((table) => {
          table('a').put(keyOf(1), keyOf(1))
          throw mistake
        }),
      (error) => error === mistake,
    )
    assert.equal(environment.table('a').get(keyOf(1)), undefined)
    environment.write((table) => table('a').put(keyOf(1), keyOf(2)))
    assert.deepEqual(environment.table('a').get(keyOf(1)), keyOf(2))
  }))

test('an async transaction is a bug and writes nothing', () =>
  withEnvironment((environment) => {
    assert.throws(
      () =>
        environment.write(async (table) => {
          table('a').put(keyOf(1), keyOf(1))
        }),
      /BUG/,
    )
    assert.equal(environment.table('a').get(keyOf(1)), undefined)
  }))

test('five transactions are five commits, each seen at once', () =>
  withEnvironment((environment) => {
    for (let i = 1; i <= 5; i++) {
      environment.write((table) => {
        table('a').put(keyOf(i), keyOf(i))
        assert.deepEqual(table('a').get(keyOf(i)), keyOf(i), 'a writer reads what it wrote')
      })
      assert.equal(environment.table('a').count(), i)
    }
  }))

test('copies stay what they were when other values are read', () =>
  withEnvironment((environment) => {
    const large = new Uint8Array(300_000).fill(7)
    environment.write((table) => {
      table('a').put(keyOf(1), new Uint8Array(10).fill(1))
      table('a').put(keyOf(2), new Uint8Array(10).fill(2))
      table('a').put(keyOf(3), large)
    })
    const first = environment.table('a').get(keyOf(1))
    const third = environment.table('a').get(keyOf(3))
    environment.table('a').get(keyOf(2))
    assert.deepEqual(first, new Uint8Array(10).fill(1))
    assert.deepEqual(third, large)
    const sum = environment
      .table('a')
      .view(keyOf(3), (value) => value.reduce((total, byte) => total + byte, 0))
    assert.equal(sum, 7 * 300_000)
  }))

test('the map grows with what is written, within one transaction as well', () =>
  withEnvironment((environment) => {
    environment.write((table) => {
      for (let i = 0; i < 48; i++) table('a').put(keyOf(i), new Uint8Array(1_000_000).fill(i))
    })
    assert.ok(environment.sizeBytes() > 48_000_000)
    assert.equal(environment.table('a').get(keyOf(47))?.[5], 47)
  }))

test('C03: a value with a flipped bit is corrupt, its neighbours are not', async () => {
  const path = newPath()
  await withEnvironment((environment) => {
    environment.write((table) => {
      table('a').put(keyOf(1), new Uint8Array(100).fill(0x11))
      table('a').put(keyOf(2), new Uint8Array(100).fill(0x22))
    })
  }, path)
  const bytes = fs.readFileSync(path)
  for (let at = bytes.indexOf(Buffer.alloc(100, 0x22)); at >= 0; ) {
    bytes[at + 50] ^= 4
    at = bytes.indexOf(Buffer.alloc(100, 0x22), at)
  }
  fs.writeFileSync(path, bytes)
  await withEnvironment((environment) => {
    assert.deepEqual(environment.table('a').get(keyOf(1)), new Uint8Array(100).fill(0x11))
    assert.throws(() => environment.table('a').get(keyOf(2)), isKind('corrupt'))
  }, path)
})

test('a reader of its own sees commits after renew', () =>
  withEnvironment(async (environment) => {
    const reader = openEnvironment({
      path: environment.path,
      tables: ['a', 'b'],
      readOnly: true,
    })
    environment.write((table) => table('a').put(keyOf(1), keyOf(1)))
    reader.renew()
    assert.deepEqual(reader.table('a').get(keyOf(1)), keyOf(1))
    environment.write((table) => table('a').put(keyOf(1), keyOf(2)))
    reader.renew()
    assert.deepEqual(reader.table('a').get(keyOf(1)), keyOf(2))
    await reader.close()
  }))

test('opening refuses what is not there to read, and what is no environment', () => {
  const missing = join(DIR, 'missing.mdb')
  assert.throws(
    () => openEnvironment({ path: missing, tables: ['a'], readOnly: true }),
    isKind('not_found'),
  )
  const text = newPath()
  fs.writeFileSync(text, 'this is no environment '.repeat(1000))
  assert.throws(() => openEnvironment({ path: text, tables: ['a'] }), isKind('corrupt'))
})

test('C04: a disk that takes no more is busy, what was committed stays, deleting works', () => {
  const path = newPath()
  const script = join(import.meta.dirname, 'fulldisk.ts')
  const child = spawnSync(
    'sh',
    ['-c', `ulimit -f 4096; exec "${process.execPath}" "${script}" "${path}"`],
    {
      encoding: 'utf8',
      timeout: 20_000,
    },
  )
  assert.equal(child.status, 0, child.stderr)
  const result = JSON.parse(child.stdout)
  assert.equal(result.kind, 'busy')
  assert.ok(result.committed > 0)
  assert.equal(result.readable, result.committed)
  assert.equal(result.deleted, true)
})
