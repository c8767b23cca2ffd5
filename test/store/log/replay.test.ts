/** C03: damage of every kind costs the records it touches, and its bytes are kept aside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor } from '../../../src/base/bytes.ts'
import { silentLog } from '../../../src/base/log.ts'
import {
  QUARANTINE_BYTES_MAX,
  type ReplayResult,
  replaySegments,
} from '../../../src/store/log/replay.ts'
import {
  encodeSegmentHeader,
  formatSegmentName,
  parseSegmentName,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
  writeRecord,
} from '../../../src/store/log/segment.ts'
import { MemoryDisk, randomOf } from './disk.ts'

const DIR = '/log'
const SALT = 0x12345678
const COUNT = 40

interface Built {
  disk: MemoryDisk
  name: SegmentName
  bytes: Uint8Array
  /** Start of each record, and the end. */
  starts: number[]
}

function nameOf(number: number, firstSequence: number): SegmentName {
  const name = parseSegmentName(formatSegmentName(number, firstSequence, SALT))
  assert.ok(name !== undefined)
  return name
}

/** A segment of COUNT records with sequences from 1 on. */
function build(random: () => number): Built {
  const into = new Cursor(new Uint8Array(64 * 1024))
  into.bytes.set(encodeSegmentHeader())
  into.at = SEGMENT_HEADER_BYTES
  const starts: number[] = []
  for (let sequence = 1; sequence <= COUNT; sequence++) {
    starts.push(into.at)
    const payload = new Uint8Array(Math.floor(random() * 300))
    for (let i = 0; i < payload.length; i++) payload[i] = random() * 256
    writeRecord(into, SALT, sequence, payload)
  }
  starts.push(into.at)
  const disk = new MemoryDisk()
  const name = nameOf(1, 1)
  const bytes = into.bytes.slice(0, into.at)
  disk.write(`${DIR}/${name.name}`, bytes)
  return { disk, name, bytes, starts }
}

function replay(disk: MemoryDisk, names: SegmentName[]): ReplayResult & { sequences: number[] } {
  const sequences: number[] = []
  const result = replaySegments(disk, DIR, names, 0, (s) => sequences.push(s), silentLog)
  return { ...result, sequences }
}

/** Sequences of the records that [from, to) touches. */
function touched(starts: number[], from: number, to: number): Set<number> {
  const sequences = new Set<number>()
  for (let i = 0; i < COUNT; i++) {
    if (starts[i] < to && starts[i + 1] > from) sequences.add(i + 1)
  }
  return sequences
}

const damages: [name: string, byteOf: (byte: number, i: number) => number][] = [
  ['a flipped bit', (byte, i) => byte ^ (1 << (i & 7))],
  ['zeros', () => 0],
  ['garbage', (byte, i) => (byte ^ (0x5a + i)) & 0xff],
]
for (const [what, byteOf] of damages) {
  test(`C03: ${what} anywhere costs only the records it touches`, () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = randomOf(seed)
      const { disk, name, bytes, starts } = build(random)
      const from = Math.floor(random() * bytes.length)
      const to =
        what === 'a flipped bit' ? from + 1 : Math.min(bytes.length, from + 4096 * random())
      const broken = bytes.slice()
      for (let i = from; i < to; i++) broken[i] = byteOf(broken[i], i)
      disk.write(`${DIR}/${name.name}`, broken)
      const { sequences, report, segments } = replay(disk, [name])
      const lost = touched(starts, from, Math.ceil(to))
      for (let sequence = 1; sequence <= COUNT; sequence++) {
        assert.ok(lost.has(sequence) || sequences.includes(sequence), `seed ${seed}: ${sequence}`)
      }
      assert.ok(report.damages > 0 || report.tornBytes > 0 || sequences.length === COUNT)
      assert.equal(segments[0].kept, false)
      let aside = 0
      for (const file of disk.list(`${DIR}/quarantine`)) {
        aside += disk.size(`${DIR}/quarantine/${file}`)
      }
      assert.equal(aside, report.damagedBytes, 'all damaged bytes are kept aside')
    }
  })
}

test('C03: a truncated segment keeps every whole record and is no damage', () => {
  const { disk, name, bytes, starts } = build(randomOf(1))
  for (let length = 0; length < bytes.length; length += 7) {
    disk.write(`${DIR}/${name.name}`, bytes.subarray(0, length))
    const { sequences, report } = replay(disk, [name])
    assert.equal(sequences.length, starts.filter((start, i) => i > 0 && start <= length).length)
    assert.equal(report.damagedBytes, 0)
  }
})

test('C03: a segment that is only garbage is copied aside whole', () => {
  const { disk, name } = build(randomOf(2))
  disk.write(`${DIR}/${name.name}`, new Uint8Array(5000).fill(0x77))
  const { report } = replay(disk, [name])
  assert.equal(report.damagedBytes, 5000)
})

test('C03: bytes that a sender made look like a record are none', () => {
  const forged = new Cursor(new Uint8Array(200))
  writeRecord(forged, 0, 20, new Uint8Array(8))
  const into = new Cursor(new Uint8Array(500))
  into.bytes.set(encodeSegmentHeader())
  into.at = SEGMENT_HEADER_BYTES
  writeRecord(into, SALT, 1, forged.bytes.subarray(0, forged.at))
  const disk = new MemoryDisk()
  const name = nameOf(1, 1)
  into.bytes[SEGMENT_HEADER_BYTES] ^= 0xff
  disk.write(`${DIR}/${name.name}`, into.bytes.subarray(0, into.at))
  assert.deepEqual(replay(disk, [name]).sequences, [])
})

test('damage that does not fit into the quarantine keeps its segment', () => {
  const { disk, name, bytes } = build(randomOf(3))
  disk.write(`${DIR}/quarantine/old.bad`, new Uint8Array(0))
  const old = disk.stored.get(`${DIR}/quarantine/old.bad`)
  assert.ok(old !== undefined)
  old.bytes = new Uint8Array(QUARANTINE_BYTES_MAX)
  bytes[SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES + 1] ^= 1
  disk.write(`${DIR}/${name.name}`, bytes)
  assert.equal(replay(disk, [name]).segments[0].kept, true)
})

test('damage found again is not copied again', () => {
  const { disk, name, bytes } = build(randomOf(4))
  bytes[SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES + 1] ^= 1
  disk.write(`${DIR}/${name.name}`, bytes)
  replay(disk, [name])
  const operations = disk.operations
  replay(disk, [name])
  assert.equal(disk.operations, operations)
})

test('a segment that cannot be read is kept and the others are replayed', () => {
  const { disk, name } = build(randomOf(5))
  const missing = nameOf(2, COUNT + 1)
  const { sequences, segments } = replay(disk, [name, missing])
  assert.equal(sequences.length, COUNT)
  assert.deepEqual(
    segments.map((segment) => segment.kept),
    [false, true],
  )
})
