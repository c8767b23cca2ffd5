/** Aggregates rows as they come: nothing of a row is kept but what its group needs. */
import type { Labels } from '../../model/labels.ts'
import type { StepGrid } from '../../model/result.ts'
import type { GroupKernel, GroupState } from '../kernels/groups.ts'
import type { Aggregation } from '../promql/ast.ts'
import type { Usage } from './context.ts'
import { countPresent, type RowSink } from './grid.ts'
import { Grouping } from './grouping.ts'

/** Groups that room is made for at first. */
const GROUPS_FIRST = 4

/** Feeds each row to the accumulator of its group. */
export class GroupSink implements RowSink {
  readonly #kernel: GroupKernel
  readonly #grid: StepGrid
  readonly #usage: Usage
  readonly #grouping: Grouping
  readonly base = 0
  values: Float64Array = new Float64Array(0)
  present: Uint8Array = new Uint8Array(0)
  #state: GroupState
  #room = 0
  #heldSlots = 0

  constructor(
    kernel: GroupKernel,
    node: Aggregation,
    grid: StepGrid,
    usage: Usage,
    delayedNames: boolean,
  ) {
    this.#kernel = kernel
    this.#grid = grid
    this.#usage = usage
    this.#grouping = new Grouping(node.labels, node.without, delayedNames)
    this.#state = emptyState()
  }

  open(): void {
    this.#hold(this.#grid.count)
    this.values = new Float64Array(this.#grid.count)
    this.present = new Uint8Array(this.#grid.count)
  }

  commit(labels: Labels, dropName: boolean, points: number): void {
    if (points === 0) return
    const group = this.#grouping.of(labels, dropName)
    if (group >= this.#room) this.#grow()
    const { count } = this.#grid
    this.#kernel.add(this.#state, group * count, this.values, this.present, 0, count)
  }

  /** Hands one row per group to the sink, and ends. */
  pour(sink: RowSink): void {
    const { labels, dropName } = this.#grouping
    const { count } = this.#grid
    const { values, seen } = this.#state
    this.#kernel.finish(this.#state, labels.length * count)
    sink.open(labels.length)
    for (let group = 0; group < labels.length; group++) {
      const { values: target, present, base } = sink
      const from = group * count
      for (let i = 0; i < count; i++) {
        target[base + i] = values[from + i]
        present[base + i] = seen[from + i]
      }
      sink.commit(labels[group], dropName[group], countPresent(seen, from, count))
    }
    this.#usage.giveBack(this.#heldSlots)
  }

  #hold(slots: number): void {
    this.#usage.hold(slots)
    this.#heldSlots += slots
  }

  #grow(): void {
    const room = this.#room === 0 ? GROUPS_FIRST : this.#room * 2
    const slots = room * this.#grid.count
    const { needs } = this.#kernel
    this.#hold((room - this.#room) * this.#grid.count * (1 + needs.length))
    const old = this.#state
    const grown = (array: Float64Array): Float64Array => {
      const larger = new Float64Array(slots)
      larger.set(array)
      return larger
    }
    const grownFlags = (array: Uint8Array): Uint8Array => {
      const larger = new Uint8Array(slots)
      larger.set(array)
      return larger
    }
    this.#state = {
      values: grown(old.values),
      seen: grownFlags(old.seen),
      rest: needs.includes('rest') ? grown(old.rest) : old.rest,
      counts: needs.includes('counts') ? grown(old.counts) : old.counts,
      means: needs.includes('means') ? grown(old.means) : old.means,
      running: needs.includes('running') ? grownFlags(old.running) : old.running,
    }
    this.#room = room
  }
}

function emptyState(): GroupState {
  const floats = new Float64Array(0)
  const flags = new Uint8Array(0)
  return {
    values: floats,
    seen: flags,
    rest: floats,
    counts: floats,
    means: floats,
    running: flags,
  }
}
