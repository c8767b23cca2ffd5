/** The file destination: lines, rotation, and what a crash or a full disk leaves. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { DEFAULT_QUEUE } from '../../../src/config/destination.ts'
import type { FileDestination } from '../../../src/config/destinations/file.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import { STALE } from '../../../src/model/stale.ts'
import { openFile } from '../../../src/send/file/writer.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import type { Writer } from '../../../src/send/writer.ts'

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'narthex-file-'))
})
after(() => rmSync(dir, { recursive: true }))

let files = 0
const signal = new AbortController().signal

function open(more: Partial<FileDestination> = {}): { file: string; writer: Writer } {
  const file = path.join(dir, `${files++}`, 'out.jsonl')
  return { file, writer: openAt(file, more) }
}

function openAt(file: string, more: Partial<FileDestination> = {}): Writer {
  return openFile({
    name: 'file',
    kind: 'file',
    path: file,
    fileSizeBytesMax: 1_000_000,
    filesMax: 2,
    relabel: [],
    queue: DEFAULT_QUEUE,
    sendExemplars: true,
    sendNativeHistograms: true,
    ...more,
  })({
    labels: (id): Labels =>
      labelsFrom([
        ['__name__', `m${id}`],
        ['10', 'a "quote"'],
        ['9', 'ü\n'],
      ]),
    targetKey: () => '',
  })
}

function parcelOf(values: readonly number[] | Float64Array, more: Partial<Parcel> = {}): Parcel {
  return {
    lane: 0,
    count: values.length,
    ids: Float64Array.from(values, (_, i) => i),
    values: values instanceof Float64Array ? values : Float64Array.from(values),
    timeMs: 1000,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
    ...more,
  }
}

const HEAD = (id: number): string =>
  `{"metric":{"10":"a \\"quote\\"","9":"ü\\n","__name__":"m${id}"}`

test('each sample is a line, with texts for numbers that JSON does not have', async () => {
  const { file, writer } = open()
  const values = Float64Array.of(1.5, -0, Infinity, -Infinity, Number.NaN, 0)
  values.set(STALE, 5)
  const parcel = parcelOf(values, { times: Float64Array.of(1, 2, 3, 4, 5, 6) })
  assert.equal((await writer.write([parcel], signal)).outcome, 'written')
  await writer.close()
  const shown = ['1.5', '-0', '"Infinity"', '"-Infinity"', '"NaN"', '"StaleNaN"']
  const wanted = shown.map(
    (value, i) => `${HEAD(i)},"values":[${value}],"timestamps":[${i + 1}]}\n`,
  )
  const text = readFileSync(file, 'utf8')
  assert.equal(text, wanted.join(''))
  for (const line of text.trimEnd().split('\n')) assert.ok(JSON.parse(line))
})

test('histograms and exemplars are lines of their own', async () => {
  const { file, writer } = open()
  const parcel = parcelOf([], {
    histograms: [
      {
        id: 1,
        timeMs: 7,
        histogram: {
          schema: 3,
          isFloat: true,
          resetHint: 'gauge',
          zeroThreshold: 0.5,
          zeroCount: 1,
          count: 4,
          sum: STALE.slice(),
          positiveSpans: [{ offset: -2, length: 1 }],
          positiveCounts: Float64Array.of(3),
          negativeSpans: [],
          negativeCounts: new Float64Array(0),
          customValues: new Float64Array(0),
        },
      },
    ],
    exemplars: [{ id: 2, exemplar: { labels: ['trace_id', 'x'], value: 2, timeMs: undefined } }],
  })
  await writer.write([parcel], signal)
  await writer.close()
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(lines[0].timestamps, [7])
  assert.deepEqual(lines[0].histograms, [
    {
      schema: 3,
      count: 4,
      sum: 'StaleNaN',
      zero_threshold: 0.5,
      zero_count: 1,
      positive_spans: [[-2, 1]],
      positive_counts: [3],
      negative_spans: [],
      negative_counts: [],
      custom_values: [],
      is_float: true,
      reset_hint: 'gauge',
    },
  ])
  assert.deepEqual(lines[1].exemplars, [{ labels: { trace_id: 'x' }, value: 2 }])
})

test('a file that is large makes room, and so many older ones are kept', async () => {
  const { file, writer } = open({ fileSizeBytesMax: 200 })
  for (let i = 0; i < 9; i++) await writer.write([parcelOf([i], { timeMs: i })], signal)
  await writer.close()
  const times = (name: string): number[] =>
    readFileSync(name, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).timestamps[0])
  assert.deepEqual(readdirSync(path.dirname(file)).sort(), [
    'out.jsonl',
    'out.jsonl.1',
    'out.jsonl.2',
  ])
  assert.deepEqual([times(`${file}.2`), times(`${file}.1`), times(file)], [[4, 5], [6, 7], [8]])
})

test('without older files the file begins anew', async () => {
  const { file, writer } = open({ fileSizeBytesMax: 200, filesMax: 0 })
  for (let i = 0; i < 3; i++) await writer.write([parcelOf([i])], signal)
  await writer.close()
  assert.deepEqual(readdirSync(path.dirname(file)), ['out.jsonl'])
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 2)
})

test('a file that is there goes on, and the rest of a line that a crash left is cut off', async () => {
  const { file, writer } = open()
  mkdirSync(path.dirname(file))
  const long = `${'x'.repeat(200_000)}`
  writeFileSync(file, `{"whole":1}\n{"half":"${long}`)
  await writer.write([parcelOf([1])], signal)
  await writer.close()
  assert.match(readFileSync(file, 'utf8'), /^\{"whole":1\}\n\{"metric".*\}\n$/)
  writeFileSync(file, 'no line at all')
  const next = openAt(file)
  await next.write([parcelOf([1])], signal)
  await next.close()
  assert.match(readFileSync(file, 'utf8'), /^\{"metric".*\}\n$/)
})

test('writes at once follow each other', async () => {
  const { file, writer } = open({ fileSizeBytesMax: 500 })
  const writes = Array.from({ length: 8 }, (_, i) =>
    writer.write([parcelOf([i], { timeMs: i })], signal),
  )
  await Promise.all(writes)
  await writer.close()
  const text = [`${file}.1`, file].map((name) => readFileSync(name, 'utf8')).join('')
  const times = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).timestamps[0])
  assert.deepEqual(times, [0, 1, 2, 3, 4, 5, 6, 7])
})

test('a path that cannot be opened means to try again', async () => {
  const { file, writer } = open()
  mkdirSync(file, { recursive: true })
  const result = await writer.write([parcelOf([1])], signal)
  assert.equal(result.outcome, 'retry')
  assert.ok(result.outcome === 'retry' && result.reason === 'file' && result.message !== '')
  rmSync(file, { recursive: true })
  assert.equal((await writer.write([parcelOf([1])], signal)).outcome, 'written')
  await writer.close()
})

test('a full disk means to try again, and leaves no half line', async () => {
  const writer = openAt('/dev/full')
  const result = await writer.write([parcelOf([1])], signal)
  assert.ok(result.outcome === 'retry')
  assert.equal(result.reason, 'disk_full')
  await writer.close()
})
