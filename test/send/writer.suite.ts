/** What every writer must do, run against its real or simulated end. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { SeriesId } from '../../src/model/appender.ts'
import { type Labels, labelsFrom } from '../../src/model/labels.ts'
import { STALE } from '../../src/model/stale.ts'
import type { Parcel } from '../../src/send/parcel.ts'
import type { SeriesView, Writer } from '../../src/send/writer.ts'
import type { Trouble } from '../support/httpgate.ts'

/** Series as `seriesKey` names them, to points in the order of their times. */
export type Stored = ReadonlyMap<string, readonly (readonly [timeMs: number, value: string])[]>

/** An end under test with the way there. */
export interface SuiteEnd {
  /** A writer of at most 1,000 samples a request. */
  open(view: SeriesView): Writer
  /** Everything that is there. */
  read(): Promise<Stored>
  trouble(kind: Trouble, count?: number): void
  close(): Promise<void>
}

/** What an end cannot do as others do. */
export interface SuiteTraits {
  /** How values that are no numbers show there, '' not at all; absent: left out as unrepresentable. */
  readonly shown: Partial<Record<'NaN' | 'Infinity' | '-Infinity' | 'stale', string>>
  /** How labels show there, where not as they are. */
  readonly labelsAt?: (labels: Labels) => Labels
  /** Series of labels that are evil which this end leaves out, with the reason. */
  readonly leavesOut?: (labels: Labels) => string
  /** Numbers that the end itself rounds. */
  readonly rounds?: (value: number) => boolean
  readonly cannotRefuse?: boolean
}

/** The name of a series, for comparing. */
export function seriesKey(labels: Iterable<readonly [string, string]>): string {
  const pairs = [...labels].filter(([, value]) => value !== '')
  return JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

const NEVER = new AbortController().signal
const nowMs = Math.floor(Date.now() / 1000) * 1000

const EVIL: readonly string[] = [
  'plain',
  'größe 漢字 😀 e\u0301',
  '"quotes" \'single\' `back`',
  'back\\slash \\n \\',
  'line\nbreak\r\ttab',
  "'); drop table samples; --",
  '$1 %s %00 {{x}}',
  'x value=1 1\nevil,tag=1 value=666 1',
  'a,b=c d=e\\,f',
  '"}}\n{"create":{"_index":"evil"}}\n{"value":1}',
  '],"timestamps":[1]}\n{"metric":{"__name__":"evil"},"values":[1],"timestamps":[1]}',
  '#comment',
  ' leading and trailing ',
  '\u0001\u001b[31m\u007f\u2028\ufeff',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
]

/** Labels of the series with a number, in a name of a test's own. */
function viewOf(labelsOf: (id: SeriesId) => Labels): SeriesView {
  return { labels: labelsOf, targetKey: () => 'target' }
}

function labelled(name: string, more: readonly (readonly [string, string])[] = []): Labels {
  return labelsFrom([['__name__', name], ['job', 'suite'], ['instance', 'host:1'], ...more])
}

function parcelOf(
  ids: readonly number[],
  values: readonly number[] | Float64Array,
  timeMs: number,
): Parcel {
  return {
    lane: 0,
    count: ids.length,
    ids: Float64Array.from(ids),
    values: values instanceof Float64Array ? values : Float64Array.from(values),
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

/** Runs all of it. */
export function writerSuite(
  skip: string | undefined,
  start: () => Promise<SuiteEnd>,
  traits: SuiteTraits,
): void {
  let end: SuiteEnd
  const options = { skip: skip ?? false }
  const { labelsAt = (labels: Labels) => labels } = traits
  const at = (labels: Labels): string => seriesKey(pairsOf(labelsAt(labels)))
  if (skip === undefined) {
    before(async () => {
      end = await start()
    })
    after(async () => await end.close())
  }

  for (const count of [0, 1, 2049]) {
    test(`${count} series arrive with value and time`, options, async () => {
      const name = `suite_${count}`
      const labelsOf = (id: number): Labels => labelled(name, [['i', String(id)]])
      const writer = end.open(viewOf(labelsOf))
      const ids = Array.from({ length: count }, (_, i) => i + 1)
      const rows = [0, 1001].map((laterMs) =>
        parcelOf(
          ids,
          ids.map((id) => id + 0.25 + laterMs),
          nowMs - 60_007 + laterMs,
        ),
      )
      for (const row of rows) {
        assert.deepEqual(await writer.write([row], NEVER), {
          outcome: 'written',
          refused: new Map(),
        })
      }
      await writer.close()
      const stored = await end.read()
      for (const id of ids) {
        const wanted = rows.map((row) => [row.timeMs, String(row.values[id - 1])])
        assert.deepEqual(stored.get(at(labelsOf(id))), wanted, `series ${id}`)
      }
      const others = [...stored.keys()].filter((key) => key.includes(`"${name}"`))
      assert.equal(others.length, count)
    })
  }

  test('samples with times of their own arrive in their order', options, async () => {
    const labels = labelled('suite_times')
    const writer = end.open(viewOf(() => labels))
    const times = Float64Array.of(nowMs - 5003, nowMs - 4002, nowMs - 3001)
    const parcel = { ...parcelOf([1, 1, 1], [3, 2, 1], times[0]), times }
    const next = parcelOf([1], [4], nowMs - 1000)
    assert.equal((await writer.write([parcel, next], NEVER)).outcome, 'written')
    await writer.close()
    const wanted = [...times, nowMs - 1000].map((timeMs, i) => [timeMs, String([3, 2, 1, 4][i])])
    assert.deepEqual((await end.read()).get(at(labels)), wanted)
  })

  for (const trouble of ['busy', 'cut'] as const) {
    test(`what meets a ${trouble} end is written once it is tried again`, options, async () => {
      const labels = labelled(`suite_${trouble}`)
      const writer = end.open(viewOf(() => labels))
      const parcel = parcelOf([1], [42], nowMs)
      end.trouble(trouble)
      const result = await writer.write([parcel], NEVER)
      assert.ok(result.outcome === 'retry' && result.message !== '', JSON.stringify(result))
      for (let i = 0; i < 2; i++) {
        const again = await writer.write([parcel], NEVER)
        assert.deepEqual(again, { outcome: 'written', refused: new Map() })
      }
      await writer.close()
      assert.deepEqual((await end.read()).get(at(labels)), [[nowMs, '42']])
    })
  }

  if (traits.cannotRefuse !== true) {
    test('what is refused is not tried again', options, async () => {
      const writer = end.open(viewOf(() => labelled('suite_refused')))
      end.trouble('refused')
      const result = await writer.write([parcelOf([1], [1], nowMs)], NEVER)
      assert.ok(result.outcome === 'refused' && result.reason === 'status_400')
      await writer.close()
    })
  }

  test('a write that is aborted ends as a retry', options, async () => {
    const writer = end.open(viewOf(() => labelled('suite_aborted')))
    const abort = new AbortController()
    end.trouble('hang')
    const write = writer.write([parcelOf([1], [1], nowMs)], abort.signal)
    setImmediate(() => abort.abort())
    const result = await write
    assert.ok(result.outcome === 'retry' && result.reason === 'canceled', JSON.stringify(result))
    end.trouble('cut', 0)
    await writer.close()
  })

  test('an id that was forgotten may mean another series', options, async () => {
    let labels = labelled('suite_forget', [['is', 'old']])
    const writer = end.open(viewOf(() => labels))
    const before = labels
    await writer.write([parcelOf([7], [1], nowMs)], NEVER)
    writer.forget([7])
    labels = labelled('suite_forget', [['is', 'new']])
    await writer.write([parcelOf([7], [2], nowMs)], NEVER)
    await writer.close()
    const stored = await end.read()
    assert.deepEqual(stored.get(at(before)), [[nowMs, '1']])
    assert.deepEqual(stored.get(at(labels)), [[nowMs, '2']])
  })

  test('no text of a label becomes anything else', options, async () => {
    const all = [
      ...EVIL.map((text, i) =>
        labelled('suite_evil', [
          ['i', String(i)],
          ['text', text],
        ]),
      ),
      ...EVIL.filter((text) => !/[\r\n\0]/.test(text)).map((text, i) =>
        labelled('suite_evil_name', [
          ['j', String(i)],
          [`x${text}`, 'value'],
        ]),
      ),
    ]
    const writer = end.open(viewOf((id) => all[id - 1]))
    const ids = all.map((_, i) => i + 1)
    const result = await writer.write([parcelOf(ids, ids, nowMs)], NEVER)
    await writer.close()
    const stored = await end.read()
    const kept = all.filter((labels) => (traits.leavesOut?.(labels) ?? '') === '')
    for (const labels of kept) {
      assert.deepEqual(
        stored.get(at(labels)),
        [[nowMs, String(all.indexOf(labels) + 1)]],
        at(labels),
      )
    }
    const names = [...stored.keys()].filter((key) => !key.includes('"suite_'))
    assert.deepEqual(names, [], 'nothing but what was sent')
    const evil = [...stored.keys()].filter((key) => key.includes('"suite_evil'))
    assert.equal(evil.length, kept.length)
    assert.ok(result.outcome === 'written')
    const refused = [...result.refused.values()].reduce((sum, count) => sum + count, 0)
    assert.equal(refused, all.length - kept.length)
  })

  test('values are exact, and those that the end does not have are counted', options, async () => {
    const numbers = [-0, 0.1, 1 / 3, -1e300, 1e-300, 2 ** 53, 1e21, 123456789012345680000, 5e-324]
    const values = new Float64Array(numbers.length + 4)
    values.set(numbers)
    values.set([Number.NaN, Infinity, -Infinity], numbers.length)
    values.set(STALE, numbers.length + 3)
    const labelsOf = (id: number): Labels => labelled('suite_values', [['i', String(id)]])
    const writer = end.open(viewOf(labelsOf))
    const ids = Array.from(values, (_, i) => i)
    const result = await writer.write([parcelOf(ids, values, nowMs)], NEVER)
    await writer.close()
    const shown = [
      traits.shown.NaN,
      traits.shown.Infinity,
      traits.shown['-Infinity'],
      traits.shown.stale,
    ]
    const left = shown.filter((text) => text === undefined).length
    const refused = new Map(left === 0 ? [] : [['unrepresentable', left]])
    assert.deepEqual(result, { outcome: 'written', refused })
    const stored = await end.read()
    for (const [i, value] of [...numbers, ...shown].entries()) {
      const points = stored.get(at(labelsOf(i)))
      if (typeof value === 'number' && traits.rounds?.(value) === true) continue
      const wanted = value === undefined || value === '' ? undefined : [[nowMs, String(value)]]
      assert.deepEqual(points, wanted, `value ${value}`)
    }
  })

  test('a write after the end is a retry', options, async () => {
    const writer = end.open(viewOf(() => labelled('suite_closed')))
    const abort = new AbortController()
    abort.abort()
    await writer.close()
    const result = await writer.write([parcelOf([1], [1], nowMs)], abort.signal)
    assert.equal(result.outcome, 'retry')
  })
}

function pairsOf(labels: Labels): [string, string][] {
  return Array.from({ length: labels.length / 2 }, (_, i) => [labels[2 * i], labels[2 * i + 1]])
}
