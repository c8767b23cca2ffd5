/** Views: external labels, write relabelling, and what they drop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRelabel, type RelabelFields } from '../../../src/config/relabel.ts'
import { type Labels, labelsFrom } from '../../../src/model/labels.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { SeriesBook } from '../../../src/send/series/book.ts'
import { Views } from '../../../src/send/series/view.ts'
import { targetLabels } from '../support.ts'

const external = labelsFrom([
  ['cluster', 'c'],
  ['job', 'not this one'],
])

function viewOf(rules: readonly Partial<RelabelFields>[], added: Labels = external) {
  const book = new SeriesBook(0)
  const ids = Float64Array.from(targetLabels('x:1', 4), (labels) => book.series(labels))
  const view = new Views(book).use(added, rules.map(compileRelabel))
  return { book, view, ids }
}

function parcelOf(ids: Float64Array, more: Partial<Parcel> = {}): Parcel {
  return {
    lane: 0,
    count: ids.length,
    ids,
    values: ids.map((_, i) => i),
    timeMs: 1000,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
    ...more,
  }
}

test('external labels are added where they are absent', () => {
  const { view, ids } = viewOf([])
  assert.deepEqual(view.labels(ids[1]), [
    ...['__name__', 'm1', 'cluster', 'c', 'instance', 'x:1', 'job', 'node'],
  ])
})

test('rules see external labels and may change every label', () => {
  const { view, ids } = viewOf([
    { action: 'labeldrop', regex: 'instance' },
    { sourceLabels: ['cluster'], targetLabel: 'job' },
  ])
  assert.deepEqual(view.labels(ids[0]), ['__name__', 'm0', 'cluster', 'c', 'job', 'c'])
  assert.match(view.targetKey(ids[0]), /x:1/)
})

test('without rules a parcel stays the parcel that it is', () => {
  const { view, ids } = viewOf([])
  const parcel = parcelOf(ids)
  assert.equal(view.filter(parcel), parcel)
})

test('a series that loses all its labels is dropped', () => {
  const { view, ids } = viewOf([{ action: 'labelkeep', regex: 'none' }])
  assert.equal(view.filter(parcelOf(ids)), undefined)
})

test('dropped series leave with their histograms and exemplars, values and times stay in step', () => {
  const { view, ids } = viewOf([{ action: 'keep', sourceLabels: ['__name__'], regex: 'm[13]' }])
  const exemplar = { labels: [], value: 1, timeMs: undefined }
  const kept = view.filter(
    parcelOf(ids, {
      times: Float64Array.of(1, 2, 3, 4),
      exemplars: [
        { id: ids[0], exemplar },
        { id: ids[3], exemplar },
      ],
    }),
  )
  assert.deepEqual([...(kept?.ids ?? [])], [ids[1], ids[3]])
  assert.deepEqual([...(kept?.values ?? [])], [1, 3])
  assert.deepEqual([...(kept?.times ?? [])], [2, 4])
  assert.equal(kept?.timeMs, 2)
  assert.deepEqual(kept?.exemplars, [{ id: ids[3], exemplar }])
})

test('a forgotten series is judged anew when its slot means another one', () => {
  const { book, view, ids } = viewOf([{ action: 'drop', sourceLabels: ['__name__'], regex: 'm0' }])
  assert.equal(view.filter(parcelOf(ids))?.count, 3)
  book.setTime(100 * 60_000)
  book.sweep(61, 100, (forgotten) => view.forget(forgotten))
  const again = Float64Array.from(targetLabels('y:1', 6).slice(2), (labels) => book.series(labels))
  const parcel = parcelOf(again)
  assert.equal(view.filter(parcel), parcel)
})

test('equal settings are one view, others are not', () => {
  const views = new Views(new SeriesBook(0))
  const rule = (regex: string) => compileRelabel({ action: 'drop', sourceLabels: ['a'], regex })
  const first = views.use(external, [rule('x')])
  assert.equal(views.use(external, [rule('x')]), first)
  assert.notEqual(views.use(external, [rule('y')]), first)
  assert.notEqual(views.use([], [rule('x')]), first)
  assert.equal(views.count, 3)
  views.leave(first)
  assert.equal(views.use(external, [rule('x')]), first)
  views.leave(first)
  views.leave(first)
  assert.notEqual(views.use(external, [rule('x')]), first)
})
