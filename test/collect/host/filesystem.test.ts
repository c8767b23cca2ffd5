/** File systems whose server is dead: the others are told, nobody waits, nobody is asked twice. */
import assert from 'node:assert/strict'
import type { StatsFs } from 'node:fs'
import { statfsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { openFilesystem } from '../../../src/collect/host/filesystem.ts'
import { HostRow } from '../../../src/collect/host/row.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { fakeClock, settle } from '../clock.ts'
import { hostPaths, testAppender, writeTree } from './support.ts'

const MOUNTS = `dead:/a /dead nfs4 rw 0 0
late:/b /late nfs4 rw 0 0
/dev/sda / ext4 rw 0 0
/dev/sdb /data xfs ro 0 0
`

test('a dead server costs its own mount only, and one wait a round', async (t) => {
  const folder = temporaryFolder('mounts')
  t.after(() => folder.remove())
  writeTree(folder.path, { 'proc/self/mounts': MOUNTS })
  const clock = fakeClock()
  const answer = statfsSync('/')
  const asked: string[] = []
  let revive: (stats: StatsFs) => void = () => {}
  const collector = openFilesystem({ ...hostPaths(folder.path), root: '' }, clock, (mountpoint) => {
    asked.push(mountpoint)
    if (mountpoint !== '/dead') return Promise.resolve(answer)
    return new Promise((resolve) => {
      revive = resolve
    })
  })
  const appender = testAppender()
  const row = new HostRow(appender, [])
  const round = async (timeMs: number): Promise<Record<string, number>> => {
    asked.length = 0
    const prepared = collector.prepare?.()
    await settle()
    await clock.advance(1000)
    await prepared
    collector.collect(row)
    row.finish(timeMs)
    const errors: Record<string, number> = {}
    for (const [name, value] of appender.last.values) {
      const mountpoint = /device_error\{.*mountpoint="(.*)"/.exec(name)?.[1]
      if (mountpoint !== undefined) errors[mountpoint] = value
    }
    return errors
  }

  assert.deepEqual(await round(1), { '/': 0, '/data': 0, '/dead': 1, '/late': 1 })
  assert.deepEqual(asked, ['/', '/data', '/dead'], 'local ones first')
  assert.deepEqual(await round(2), { '/': 0, '/data': 0, '/dead': 1, '/late': 1 })
  assert.deepEqual(asked, ['/', '/data'], 'no other server is asked while one hangs')
  revive(answer)
  await settle()
  const last = round(3)
  await settle()
  revive(answer)
  assert.deepEqual(await last, { '/': 0, '/data': 0, '/dead': 0, '/late': 0 })
  assert.equal(clock.waiting, 0, 'no timer is left behind')

  writeFileSync(path.join(folder.path, 'proc/self/mounts'), '/dev/sda / ext4 rw 0 0\n')
  assert.deepEqual(await round(4), { '/': 0 })
  assert.ok([...appender.last.stale].every((name) => /\/(data|dead|late)"/.test(name)))
  collector.close()
})
