/** C03: a damaged LMDB file is refused or read; it never ends the process. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { openEnvironment } from '../../../src/store/lmdb/environment.ts'
import { checkStructure } from '../../../src/store/lmdb/structure.ts'
import { randomOf } from '../log/disk.ts'

const DIR = fs.mkdtempSync(join(tmpdir(), 'narthex-structure-'))
after(() => fs.rmSync(DIR, { recursive: true }))

const SOUND = join(DIR, 'sound.mdb')

/** Branch pages, long values, freed pages and an empty table. */
async function makeSound(): Promise<Buffer> {
  const environment = openEnvironment({
    path: SOUND,
    tables: ['a', 'b', 'empty'],
  })
  for (let round = 0; round < 4; round++) {
    environment.write((table) => {
      for (let i = 0; i < 1500; i++) {
        const value = new Uint8Array(i % 100 === 0 ? 9000 : 60).fill(round)
        table(i % 3 === 0 ? 'b' : 'a').put(Uint8Array.of(i >> 8, i & 255), value)
      }
    })
  }
  await environment.close()
  return fs.readFileSync(SOUND)
}

const sound = await makeSound()

test('a sound environment passes, however it grew', () => {
  checkStructure(SOUND)
})

test('an environment passes after any history of writes and removals', async () => {
  const path = join(DIR, 'history.mdb')
  const environment = openEnvironment({ path, tables: ['a', 'b'] })
  const random = randomOf(9)
  for (let round = 0; round < 120; round++) {
    environment.write((table) => {
      for (let i = Math.floor(random() * 60); i >= 0; i--) {
        const key = new Uint8Array(1 + Math.floor(random() * 40)).fill(random() * 256)
        const name = random() < 0.5 ? 'a' : 'b'
        if (random() < 0.4) table(name).remove(key)
        else table(name).put(key, new Uint8Array(random() ** 4 * 60_000))
      }
      if (round % 40 === 39)
        for (const key of table('a').keys(undefined, undefined)) table('a').remove(key)
    })
    checkStructure(path)
  }
  await environment.close()
})

const isCorrupt = (error: unknown): boolean =>
  error instanceof NarthexError && error.kind === 'corrupt'

for (const [name, bytes] of [
  ['an empty file', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(sound.length)],
  ['text', Buffer.from('no environment '.repeat(2000))],
  ['one page', sound.subarray(0, 4096)],
  ['a file cut short', sound.subarray(0, 20 * 4096)],
] as const) {
  test(`C03: ${name} is corrupt`, () => {
    const path = join(DIR, 'bad.mdb')
    fs.writeFileSync(path, bytes)
    assert.throws(() => checkStructure(path), isCorrupt)
  })
}

/** Where the meta pages have what, from their beginning. */
const META_FIELDS_FROM = 16
const META_FIELDS_TO = 176

test('C03: no flipped bit of a meta page ends the process that opens the file', () => {
  const paths: string[] = []
  let refused = 0
  for (const page of [0, 1]) {
    for (let byte = META_FIELDS_FROM; byte < META_FIELDS_TO; byte++) {
      const bytes = Buffer.from(sound)
      bytes[page * 4096 + byte] ^= 1 << ((byte * 5) % 8)
      const path = join(DIR, `meta-${page}-${byte}.mdb`)
      fs.writeFileSync(path, bytes)
      try {
        checkStructure(path)
        paths.push(path)
      } catch (error) {
        assert.ok(isCorrupt(error))
        fs.rmSync(path)
        refused++
      }
    }
  }
  assert.ok(refused > 50, `${refused} are refused`)
  const child = openAll(paths)
  assert.equal(child.status, 0, `${child.signal} ${child.stderr}`)
  assert.equal(JSON.parse(child.stdout).tried, paths.length)
})

/** Opens files in a process of its own, which may end by a signal. */
function openAll(paths: readonly string[]): ReturnType<typeof spawnSync> & { stdout: string } {
  const program = join(import.meta.dirname, 'opendamaged.ts')
  return spawnSync(process.execPath, [program, ...paths], { encoding: 'utf8', timeout: 20_000 })
}

test('C03: a key that is out of order, or that belongs elsewhere, is corrupt', () => {
  const path = join(DIR, 'keys.mdb')
  let refused = 0
  for (let page = 2; page < sound.length / 4096; page++) {
    const at = page * 4096
    const kind = sound.readUInt16LE(at + 18)
    if (sound.readUIntLE(at, 6) !== page || (kind !== 1 && kind !== 2)) continue
    const bytes = Buffer.from(sound)
    const count = bytes.readUInt16LE(at + 20) >> 1
    const node = at + 24 + bytes.readUInt16LE(at + 24 + 2 * (count >> 1))
    if (bytes.readUInt16LE(node + 6) !== 2) continue
    bytes[node + 8] ^= 4
    fs.writeFileSync(path, bytes)
    try {
      checkStructure(path)
    } catch (error) {
      assert.ok(isCorrupt(error))
      refused++
    }
  }
  assert.ok(refused > 20, `${refused} pages of the tree`)
})

test('C03: forty damaged copies end no process that opens and reads them', () => {
  const paths: string[] = []
  for (let seed = 0; seed < 40; seed++) {
    const random = randomOf(seed)
    const bytes = Buffer.from(sound)
    const page = Math.floor(random() * (bytes.length / 4096)) * 4096
    if (seed % 4 === 0) bytes.fill(0, page, page + 4096)
    else if (seed % 4 === 1)
      bytes[page + Math.floor(random() * 32)] ^= 1 << Math.floor(random() * 8)
    else if (seed % 4 === 2) for (let i = 0; i < 64; i++) bytes[page + i] = random() * 256
    else bytes.copy(bytes, page, 8192, 12288)
    const path = join(DIR, `damaged-${seed}.mdb`)
    fs.writeFileSync(path, bytes)
    paths.push(path)
  }
  const child = openAll(paths)
  assert.equal(child.status, 0, `${child.signal} ${child.stderr}`)
  assert.equal(JSON.parse(child.stdout).tried, paths.length)
})
