/** The log: what is acknowledged is there, whatever the disk, the power or the process does. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/error.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type FileSystem, systemFiles } from '../../../src/store/log/files.ts'
import { openWriteLog, RETRY_MS } from '../../../src/store/log/log.ts'
import type { ReplayReport } from '../../../src/store/log/replay.ts'
import { parseSegmentName } from '../../../src/store/log/segment.ts'
import type { WriteLog } from '../../../src/store/log/writelog.ts'
import { type Fault, ManualClock, MemoryDisk, randomOf, settle } from './disk.ts'

const DIR = '/data/log'

interface Opened {
  log: WriteLog
  clock: ManualClock
  records: Map<number, string>
  report: ReplayReport
}

function open(
  files: FileSystem,
  syncIntervalMs = 0,
  fromSequence = 0,
  segmentBytesMax = 4000,
): Opened {
  const clock = new ManualClock()
  const log = openWriteLog({
    dir: DIR,
    files,
    clock,
    log: silentLog,
    metrics: new Metrics(),
    syncIntervalMs,
    segmentBytesMax,
    pendingBytesMax: 100_000,
  })
  const records = new Map<number, string>()
  const report = log.replay(fromSequence, (sequence, payload) => {
    assert.ok(sequence > Math.max(-1, ...records.keys()), 'sequences rise')
    records.set(sequence, Buffer.from(payload).toString('latin1'))
  })
  return { log, clock, records, report }
}

/** A record whose content proves itself. */
function recordOf(sequence: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(8, sizeBytes))
  const view = new DataView(bytes.buffer)
  view.setUint32(4, sequence)
  for (let i = 8; i < bytes.length; i++) bytes[i] = (sequence * 31 + i) & 0xff
  view.setUint32(0, crc32(bytes.subarray(4)))
  return bytes
}

function isRecord(sequence: number, content: string | undefined): boolean {
  if (content === undefined) return false
  const bytes = Buffer.from(content, 'latin1')
  return bytes.readUInt32BE(0) === crc32(bytes.subarray(4)) && bytes.readUInt32BE(4) === sequence
}

function append(log: WriteLog, sizeBytes: number): number {
  const record = recordOf(log.nextSequence, sizeBytes)
  return log.append(record, 0, record.length)
}

const isBusy = (error: unknown): boolean => error instanceof NarthexError && error.kind === 'busy'

test('records come back in order, from a sequence on, and new ones go above them', async () => {
  const disk = new MemoryDisk()
  const first = open(disk)
  for (let i = 0; i < 50; i++) append(first.log, 10 + 37 * i)
  await first.log.commit()
  await first.log.stop()
  const second = open(disk, 0, 20)
  assert.deepEqual(
    [...second.records.keys()],
    Array.from({ length: 31 }, (_, i) => i + 20),
  )
  for (const [sequence, content] of second.records) assert.ok(isRecord(sequence, content))
  assert.equal(append(second.log, 10), 51)
  assert.equal(open(disk, 0, 1000).log.nextSequence, 1000)
})

test('writers that wait share one write', async () => {
  const disk = new MemoryDisk()
  const { log } = open(disk)
  const commits: Promise<void>[] = []
  for (let i = 0; i < 100; i++) {
    append(log, 10)
    commits.push(log.commit())
  }
  await Promise.all(commits)
  assert.ok(disk.operations <= 8, `${disk.operations} operations for 100 commits`)
})

test('a commit with nothing new resolves at once', async () => {
  const disk = new MemoryDisk()
  const { log } = open(disk)
  await log.commit()
  assert.equal(disk.operations, 0)
})

test('with an interval the disk is synced once per interval', async () => {
  const disk = new MemoryDisk()
  const { log, clock } = open(disk, 1000)
  append(log, 10)
  await log.commit()
  const path = [...disk.stored.keys()][0]
  assert.equal(disk.stored.get(path)?.syncedBytes, 0)
  await clock.advance(1000)
  assert.equal(disk.stored.get(path)?.syncedBytes, disk.stored.get(path)?.bytes.length)
})

test('many small commits between two syncs share their buffers', async () => {
  const { log } = open(new MemoryDisk(), 1000, 0, 1 << 20)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 600; i++) {
    append(log, 10)
    await log.commit()
  }
  const more = process.memoryUsage().arrayBuffers - before
  assert.ok(more < 60 * 1024 * 1024, `${more} bytes more`)
})

test('segments below a sequence are removed, others stay', async () => {
  const disk = new MemoryDisk()
  const { log } = open(disk)
  for (let i = 0; i < 40; i++) {
    append(log, 500)
    await log.commit()
  }
  const before = disk.list(DIR).length
  assert.ok(before >= 5)
  log.dropBelow(21)
  const after = disk.list(DIR).length
  assert.ok(after < before && after >= 2)
  const firsts = disk.list(DIR).map((name) => parseSegmentName(name)?.firstSequence ?? 0)
  assert.ok(Math.min(...firsts) <= 21 && Math.min(...firsts) > 1)
  const again = open(disk, 0, 21)
  assert.equal(again.records.size, 20)
  again.log.dropBelow(again.log.nextSequence)
  assert.deepEqual(disk.list(DIR), [])
  assert.equal(again.log.sizeBytes, 0)
})

test('too much that waits is refused as busy, and nothing of it is added', async () => {
  const disk = new MemoryDisk()
  const { log } = open(disk)
  for (let i = 0; i < 9; i++) append(log, 10_000)
  const next = log.nextSequence
  assert.throws(() => append(log, 20_000), isBusy)
  assert.equal(log.nextSequence, next)
  await log.commit()
  append(log, 20_000)
})

test('a stopped log refuses records and has synced what it took', async () => {
  const disk = new MemoryDisk()
  const { log } = open(disk, 1000)
  append(log, 100)
  await log.stop()
  assert.throws(() => append(log, 1), isBusy)
  assert.equal(open(disk.afterPowerCut(() => 0)).records.size, 1)
})

test('a segment of a newer version is refused with its name', async () => {
  const disk = new MemoryDisk()
  const { log } = open(disk)
  append(log, 10)
  await log.commit()
  for (const file of disk.stored.values()) {
    const view = new DataView(file.bytes.buffer)
    view.setUint32(4, 2, true)
    view.setUint32(12, crc32(file.bytes.subarray(0, 12)), true)
  }
  assert.throws(
    () => open(disk),
    (e) => e instanceof NarthexError && e.kind === 'corrupt' && e.message.includes('version 2'),
  )
})

test('C01: 400 power cuts lose no synced record and accept no wrong one', async () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = randomOf(seed)
    let disk = new MemoryDisk()
    const acked = new Set<number>()
    for (let cut = 0; cut < 2; cut++) {
      const { log, records } = open(disk, 0)
      for (const [sequence, content] of records) assert.ok(isRecord(sequence, content), `${seed}`)
      for (const sequence of acked) assert.ok(records.has(sequence), `seed ${seed}: ${sequence}`)
      const commits = 1 + Math.floor(random() * 8)
      for (let i = 0; i < commits; i++) {
        const added: number[] = []
        for (let k = Math.floor(random() * 6); k >= 0; k--) added.push(append(log, random() * 900))
        await log.commit()
        for (const sequence of added) acked.add(sequence)
      }
      for (let k = 0; k < 5; k++) append(log, random() * 2000)
      void log.commit().catch(() => {})
      if (random() < 0.7) await settle()
      for (let turn = Math.floor(random() * 6); turn > 0; turn--) await Promise.resolve()
      disk = disk.afterPowerCut(random)
    }
    const { records } = open(disk)
    for (const [sequence, content] of records) assert.ok(isRecord(sequence, content), `${seed}`)
    for (const sequence of acked) assert.ok(records.has(sequence), `seed ${seed}: ${sequence}`)
  }
})

test('C01: with an interval a power cut costs at most what came after the last sync', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = randomOf(seed)
    const disk = new MemoryDisk()
    const { log, clock } = open(disk, 1000)
    let synced = 0
    for (let i = 0; i < 10; i++) {
      const last = append(log, random() * 900)
      await log.commit()
      if (random() < 0.4) {
        await clock.advance(1000)
        synced = last
      }
    }
    const { records } = open(disk.afterPowerCut(random))
    for (let sequence = 1; sequence <= synced; sequence++) {
      assert.ok(isRecord(sequence, records.get(sequence)), `seed ${seed}: ${sequence}`)
    }
  }
})

test('C02: a crash at any operation loses no acknowledged record', async () => {
  for (let crashAt = 1; ; crashAt++) {
    const disk = new MemoryDisk()
    disk.faultAt = (operation) => (operation === crashAt ? 'crash' : undefined)
    const acked = await writeTwenty(disk)
    if (disk.operations < crashAt) break
    const after = open(disk.afterKill())
    for (const sequence of acked) {
      assert.ok(isRecord(sequence, after.records.get(sequence)), `crash at ${crashAt}`)
    }
    append(after.log, 10)
    await after.log.commit()
  }
})

for (const fault of ['EIO', 'ENOSPC', 'short'] as const) {
  for (const sticky of [false, true]) {
    for (const slow of [false, true]) {
      test(`C05: the n-th operation of a ${slow ? 'slow' : 'fast'} disk fails with ${fault}, ${sticky ? 'for a while' : 'once'}`, async () => {
        for (let faultAt = 1; ; faultAt++) {
          const disk = new MemoryDisk()
          disk.faultAt = faultFrom(fault, faultAt, sticky ? faultAt + 6 : faultAt)
          const acked = await writeTwenty(disk, slow)
          if (disk.operations < faultAt) break
          disk.faultAt = () => undefined
          for (const state of [disk.afterKill(), disk.afterPowerCut(randomOf(faultAt))]) {
            const { records } = open(state)
            for (const sequence of acked) {
              assert.ok(isRecord(sequence, records.get(sequence)), `${fault} at ${faultAt}`)
            }
          }
        }
      })
    }
  }
}

test('after a slow write the next ones are left to another thread for a while', async () => {
  const disk = new MemoryDisk()
  const { log, clock } = open(disk)
  let writesNow = 0
  disk.beforeWriteNow = () => {
    writesNow++
    clock.pass(6)
  }
  const commitOne = async (): Promise<void> => {
    append(log, 10)
    await log.commit()
  }
  await commitOne()
  await commitOne()
  assert.equal(writesNow, 1)
  clock.pass(10_000)
  disk.beforeWriteNow = () => {
    writesNow++
  }
  await commitOne()
  await commitOne()
  assert.equal(writesNow, 3)
})

test('C05: a failed write is busy until a new segment works, then nothing is missing', async () => {
  const disk = new MemoryDisk()
  const { log, clock } = open(disk, 1000)
  append(log, 100)
  await log.commit()
  disk.faultAt = () => 'short'
  append(log, 100)
  await assert.rejects(log.commit(), isBusy)
  assert.throws(() => append(log, 100), isBusy)
  assert.notEqual(log.failure, '')
  await assert.rejects(log.commit(), isBusy)
  for (let i = 0; i < 5; i++) await clock.advance(RETRY_MS)
  assert.ok(disk.list(DIR).length <= 3, 'tries leave no empty segments behind')
  disk.faultAt = () => undefined
  await clock.advance(RETRY_MS)
  assert.equal(log.failure, '')
  append(log, 100)
  await log.commit()
  assert.deepEqual([...open(disk.afterKill()).records.keys()], [1, 2, 3])
})

test('C05: after a failed sync everything since the last good one is written again', async () => {
  const disk = new MemoryDisk()
  const { log, clock } = open(disk, 1000)
  append(log, 100)
  await log.commit()
  disk.faultAt = (operation) => (operation === disk.operations ? 'EIO' : undefined)
  await clock.advance(1000)
  assert.notEqual(log.failure, '')
  disk.faultAt = () => undefined
  await clock.advance(RETRY_MS)
  const { records } = open(disk.afterPowerCut(() => 0))
  assert.deepEqual([...records.keys()], [1])
})

test('C02: a crash while the log recovers keeps what the old segment still has', async () => {
  for (let crashAfter = 1; crashAfter < 8; crashAfter++) {
    const disk = new MemoryDisk()
    const { log, clock } = open(disk, 1000)
    for (let i = 0; i < 3; i++) append(log, 300)
    await log.commit()
    disk.faultAt = () => 'short'
    append(log, 300)
    await assert.rejects(log.commit(), isBusy)
    const before = disk.operations
    disk.faultAt = (operation) => (operation === before + crashAfter ? 'crash' : undefined)
    await clock.advance(RETRY_MS)
    const { records } = open(disk.afterKill())
    for (const sequence of [1, 2, 3]) {
      assert.ok(isRecord(sequence, records.get(sequence)), `crash after ${crashAfter}: ${sequence}`)
    }
  }
})

test('the real disk keeps records, segments and folders as the simulated one does', async () => {
  const dir = fs.mkdtempSync(join(tmpdir(), 'narthex-log-'))
  try {
    const options = {
      dir: join(dir, 'wal'),
      files: systemFiles,
      clock: systemClock,
      log: silentLog,
      syncIntervalMs: 0,
      segmentBytesMax: 4000,
    }
    const log = openWriteLog({ ...options, metrics: new Metrics() })
    log.replay(0, () => assert.fail('a new log is empty'))
    for (let i = 0; i < 30; i++) {
      append(log, 500)
      if (i % 3 === 0) await log.commit()
    }
    await log.stop()
    const again = openWriteLog({ ...options, metrics: new Metrics() })
    const seen: number[] = []
    again.replay(5, (sequence) => seen.push(sequence))
    assert.deepEqual(
      seen,
      Array.from({ length: 26 }, (_, i) => i + 5),
    )
    again.dropBelow(31)
    assert.deepEqual(fs.readdirSync(options.dir), [])
    await again.stop()
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
})

async function writeTwenty(disk: MemoryDisk, slow = false): Promise<Set<number>> {
  const acked = new Set<number>()
  const { log, clock } = open(disk)
  if (slow) disk.beforeWriteNow = () => clock.pass(6)
  for (let i = 0; i < 20; i++) {
    try {
      const sequence = append(log, 300)
      await log.commit()
      for (let k = 1; k <= sequence; k++) acked.add(k)
    } catch (error) {
      assert.ok(isBusy(error), String(error))
      await clock.advance(RETRY_MS)
      await settle()
    }
  }
  return acked
}

function faultFrom(fault: Fault, from: number, to: number): (n: number) => Fault | undefined {
  return (operation) => (operation >= from && operation <= to ? fault : undefined)
}
