/** Data folders that cannot be used: one clear line, code 1, and nothing in them is changed. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { ROOT, startNarthex, startProcess, temporaryFolder } from '../support/processes.ts'
import { sendWrite } from '../support/remotewrite.ts'

const folder = temporaryFolder('datafolder')
chmodSync(folder.path, 0o755)
after(() => folder.remove())

const CONFIG = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 1h}}\n'
const IS_ROOT = process.getuid?.() === 0
/** A user without rights, when the test itself runs as root. */
const AS_NOBODY = IS_ROOT ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
const NEEDS_ROOT = IS_ROOT ? false : 'mounting a file system needs root on this machine'

/** Starts the program on a folder that it must refuse. @returns what it said */
async function refusal(storage: string, before: readonly string[] = []): Promise<string> {
  const words = [
    ...before,
    join(ROOT, 'bin/narthex'),
    'up',
    `--storage.path=${storage}`,
    '--web.listen-address=127.0.0.1:0',
  ]
  const run = startProcess(words[0], words.slice(1))
  const code = await run.ended
  assert.equal(code, 1, run.output())
  const said = run.output().trimEnd()
  assert.doesNotMatch(said, /\n/, 'one line')
  assert.match(said, /^narthex up: cannot /)
  return said
}

/** Names and bytes of all files in a folder. */
function contentOf(path: string): Map<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
  const files = names.filter((name) => statSync(join(path, name)).isFile())
  return new Map(files.map((name) => [name, readFileSync(join(path, name), 'base64')]))
}

test('a folder without the right to write is refused', async () => {
  const storage = join(folder.path, 'closed')
  mkdirSync(storage)
  chmodSync(storage, 0o555)
  assert.match(await refusal(storage, AS_NOBODY), /data folder .*closed: EACCES: permission denied/)
  const missing = join(storage, 'missing')
  assert.match(
    await refusal(missing, AS_NOBODY),
    /data folder .*missing: EACCES: permission denied/,
  )
  assert.deepEqual(readdirSync(storage), [])
})

test('a folder on a read-only file system is refused', { skip: NEEDS_ROOT }, async (t) => {
  const storage = join(folder.path, 'readonly')
  mkdirSync(storage)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', storage])
  t.after(() => execFileSync('umount', ['-l', storage]))
  assert.match(await refusal(storage), /data folder .*readonly: EROFS: read-only file system/)
  assert.match(await refusal(join(storage, 'missing')), /data folder .*missing: /)
})

test('a file in the place of the folder is refused', async () => {
  const storage = join(folder.path, 'file')
  writeFileSync(storage, 'mine')
  assert.match(await refusal(storage), /data folder .*file: /)
  assert.equal(readFileSync(storage, 'utf8'), 'mine')
})

test('a folder of a newer version is refused and left as it is', async () => {
  const storage = join(folder.path, 'newer')
  const server = await startNarthex({ config: CONFIG, storage })
  const labels = { __name__: 'kept', job: 'j', instance: 'i' }
  assert.equal(await sendWrite(server.url, [{ labels, samples: [[Date.now(), 1]] }]), 204)
  await server.stop()

  const wal = join(storage, 'wal')
  const [segment] = readdirSync(wal).filter((name) => name.endsWith('.log'))
  const bytes = readFileSync(join(wal, segment))
  const version = bytes.readUInt32LE(4)
  bytes.writeUInt32LE(version + 1, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
  writeFileSync(join(wal, segment), bytes)

  const before = contentOf(storage)
  assert.match(await refusal(storage), new RegExp(`version ${version + 1}, at most ${version}`))
  assert.deepEqual(contentOf(storage), before)

  bytes.writeUInt32LE(version, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
  writeFileSync(join(wal, segment), bytes)
  const again = await startNarthex({ config: CONFIG, storage })
  try {
    const reply = await fetch(`${again.url}/api/v1/query?query=kept`)
    assert.match(await reply.text(), /"value":\[[\d.]+,"1"\]/)
  } finally {
    await again.stop()
  }
})
