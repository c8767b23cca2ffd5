/** Samples of several parcels, put together by target: what becomes messages. */
import type { ExemplarSample, HistogramSample, Parcel } from '../parcel.ts'
import type { Target, Targets } from './targets.ts'

/** Cells [from, to) of a parcel that are of one target, in order. */
export interface Run {
  readonly parcel: Parcel
  readonly from: number
  to: number
}

/** What is to be written of one target. */
export interface TargetCells {
  readonly target: Target
  readonly runs: readonly Run[]
  readonly histograms: readonly HistogramSample[]
  readonly exemplars: readonly ExemplarSample[]
}

interface Gathered extends TargetCells {
  readonly runs: Run[]
  readonly histograms: HistogramSample[]
  readonly exemplars: ExemplarSample[]
}

/** Sorts parcels by target; what is of one target keeps its order. */
export function gatherCells(parcels: readonly Parcel[], targets: Targets): readonly TargetCells[] {
  const gathered = new Map<Target, Gathered>()
  const cellsOf = (id: number): Gathered => {
    const target = targets.of(id)
    let cells = gathered.get(target)
    if (cells === undefined) {
      cells = { target, runs: [], histograms: [], exemplars: [] }
      gathered.set(target, cells)
    }
    return cells
  }
  for (const parcel of parcels) {
    let last: Gathered | undefined
    let run: Run | undefined
    for (let i = 0; i < parcel.count; i++) {
      const cells = cellsOf(parcel.ids[i])
      if (cells === last && run !== undefined) {
        run.to = i + 1
        continue
      }
      last = cells
      run = { parcel, from: i, to: i + 1 }
      cells.runs.push(run)
    }
    for (const sample of parcel.histograms) cellsOf(sample.id).histograms.push(sample)
    for (const { id, exemplar } of parcel.exemplars) {
      const { timeMs = parcel.timeMs } = exemplar
      cellsOf(id).exemplars.push({ id, exemplar: { ...exemplar, timeMs } })
    }
  }
  return [...gathered.values()]
}

/** Samples, histograms and exemplars: what a message can be split into. */
export function itemCountOf({ runs, histograms, exemplars }: TargetCells): number {
  const samples = runs.reduce((sum, { from, to }) => sum + to - from, 0)
  return samples + histograms.length + exemplars.length
}

/** The same in two halves, each in order. Only for cells with two items or more. */
export function halveCells(cells: TargetCells): readonly [TargetCells, TargetCells] {
  const { target, runs, histograms, exemplars } = cells
  let left = Math.floor(itemCountOf(cells) / 2)
  const first: Gathered = { target, runs: [], histograms: [], exemplars: [] }
  const second: Gathered = { target, runs: [], histograms: [], exemplars: [] }
  for (const { parcel, from, to } of runs) {
    const middle = from + Math.min(left, to - from)
    left -= middle - from
    if (middle > from) first.runs.push({ parcel, from, to: middle })
    if (to > middle) second.runs.push({ parcel, from: middle, to })
  }
  for (const sample of histograms) (left-- > 0 ? first : second).histograms.push(sample)
  for (const sample of exemplars) (left-- > 0 ? first : second).exemplars.push(sample)
  return [first, second]
}
