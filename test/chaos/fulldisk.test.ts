/** A disk that is really full: read-only with a reason, nothing acknowledged is lost, it starts and answers. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../support/answers.ts'
import { startNarthex, temporaryFolder, until } from '../support/processes.ts'
import { type SentSeries, sendWrite } from '../support/remotewrite.ts'

const DISK_MB = 64
const OTHERS_MB = 36
const SERIES = 2000
/** Requests after which the disk must have filled. */
const REQUESTS_MAX = 20_000

/** A reserve that fits the small disk. */
const FLAGS = ['--log.level=warn', '--storage.min-free=8MB']

const SKIP =
  process.getuid?.() === 0 ? false : 'mounting a small file system needs root on this machine'

test(`C04: a full ${DISK_MB} MB file system`, { skip: SKIP }, async (t) => {
  const folder = temporaryFolder('disk')
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', folder.path])
  t.after(() => {
    execFileSync('umount', ['-l', folder.path])
    folder.remove()
  })
  const storage = join(folder.path, 'data')
  const config = 'scrape_configs: []\nstorage: {tsdb: {out_of_order_time_window: 1h}}\n'
  const firstMs = Date.now() - 1_200_000
  const batch = (number: number): SentSeries[] =>
    Array.from({ length: SERIES }, (_, i) => ({
      labels: { __name__: 'disk', job: 'full', instance: 'a', i: String(i) },
      samples: [[firstMs + number * 50, Math.sin(number * 31 + i)]],
    }))
  const countAt = async (url: string): Promise<number> => {
    const query = `sum(count_over_time(disk[30m]))`
    const got = await ask(url, '/api/v1/query', { query, time: String(Date.now() / 1000) })
    return Number((got.data?.result as { value: [number, string] }[])?.at(0)?.value[1] ?? 0)
  }
  /** Others' data, so that the disk fills soon, and goes when somebody tidies up. */
  const others = join(folder.path, 'others')
  writeFileSync(others, Buffer.alloc(OTHERS_MB * 1024 * 1024))
  let acknowledged = 0
  let number = 0

  const first = await startNarthex({ config, storage, flags: FLAGS })
  t.after(() => first.stop())
  await t.test(
    'writes are refused with 503 before the disk is exhausted, queries go on',
    async () => {
      let status = 204
      while (status === 204 && number < REQUESTS_MAX) {
        status = await sendWrite(first.url, batch(number++))
        if (status === 204) acknowledged++
      }
      assert.equal(status, 503)
      assert.ok(acknowledged > 0)
      assert.equal(await countAt(first.url), acknowledged * SERIES)
    },
  )

  const filler = join(folder.path, 'filler')
  await t.test('after kill -9 it starts and answers on a disk that is 100 % full', async () => {
    await first.kill()
    const { bavail, bsize } = statfsSync(folder.path)
    writeFileSync(filler, Buffer.alloc(bavail * bsize))
    assert.equal(statfsSync(folder.path).bavail, 0)
    const again = await startNarthex({ config, storage, flags: FLAGS })
    try {
      assert.equal(await countAt(again.url), acknowledged * SERIES)
      assert.equal(await sendWrite(again.url, batch(number)), 503)
    } finally {
      await again.kill()
    }
  })

  await t.test('writing goes on when there is room again', async () => {
    rmSync(filler)
    rmSync(others)
    const again = await startNarthex({ config, storage, flags: FLAGS })
    try {
      await until('a write to be taken', async () => {
        return (await sendWrite(again.url, batch(++number))) === 204
      })
      assert.ok((await countAt(again.url)) >= (acknowledged + 1) * SERIES)
    } finally {
      await again.stop()
    }
  })
})
