/** One panel: what it asks, what it was answered, and how it came there. */
import { batch, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { ApiError, askLong, comebacks, errorText, isAbort, type Reply } from '../api/client.ts'
import { type Columns, columnsOf, type MatrixSeries, type Metric } from '../api/columns.ts'
import { type Grid, gridOf, stepOf } from '../api/grid.ts'
import type { Unit } from '../format/value.ts'
import { remember } from './history.ts'
import type { PanelState } from './urlstate.ts'
import { createZoom, type Zoom } from './zoom.ts'

/** One line of the table: a series with one value, or with the samples of a range selector. */
export interface Row {
  readonly metric: Metric
  /** Seconds since epoch and the API's text. */
  readonly samples: readonly (readonly [number, string])[]
}

interface Notes {
  /** The expression that was answered; the editor may already hold another. */
  readonly expr: string
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly tookMs: number
}

export interface GraphAnswer extends Notes {
  readonly kind: 'graph'
  readonly columns: Columns
  readonly grid: Grid
  readonly unit: Unit
}

export interface TableAnswer extends Notes {
  readonly kind: 'table'
  readonly timeMs: number
  readonly resultType: string
  readonly rows: readonly Row[]
}

export type Answer = GraphAnswer | TableAnswer

export interface Panel {
  /** Never reused, so that lists keep panels apart. */
  readonly id: number
  /** What is asked; the address follows it. */
  readonly state: Signal<PanelState>
  /** The text in the editor, which may be ahead of the state. */
  readonly draft: Signal<string>
  readonly answer: ReadonlySignal<Answer | undefined>
  readonly failure: ReadonlySignal<string>
  readonly busy: ReadonlySignal<boolean>
  readonly zoom: Zoom
  /** Asks again with the text of the editor. */
  run(): void
  /** Withdraws the question that is under way. */
  stop(): void
  close(): void
}

let lastId = 0

/** A panel that asks whenever its state, `ticks` or the server's presence changes. */
export function createPanel(initial: PanelState, ticks: ReadonlySignal<number>): Panel {
  const state = signal(initial)
  const draft = signal(initial.expr)
  const answer = signal<Answer>()
  const failure = signal('')
  const busy = signal(false)
  const runs = signal(0)
  let abort: AbortController | undefined

  const start = async (asked: PanelState): Promise<void> => {
    abort?.abort()
    abort = new AbortController()
    const { signal: cancel } = abort
    busy.value = true
    try {
      const got = await answerOf(asked, cancel)
      batch(() => {
        answer.value = got
        failure.value = ''
        busy.value = false
      })
      remember(asked.expr)
    } catch (error) {
      if (isAbort(error)) return
      batch(() => {
        failure.value = errorText(error)
        // What was drawn stays when only the server is gone; a refused question has no answer.
        if (!(error instanceof ApiError && error.kind === 'away')) answer.value = undefined
        busy.value = false
      })
    }
  }

  let asked = ''
  const dispose = effect(() => {
    const now = state.value
    const key = [questionOf(now), runs.value, comebacks.value].join('\n')
    if (key === asked) return
    asked = key
    if (now.expr.trim() !== '') void start(now)
    else {
      abort?.abort()
      batch(() => {
        answer.value = undefined
        failure.value = ''
        busy.value = false
      })
    }
  })

  let lastTick = ticks.peek()
  const disposeTicks = effect(() => {
    if (ticks.value === lastTick) return
    lastTick = ticks.value
    // A server that is slower than the refresh would be asked for ever and never answer.
    if (!busy.peek()) runs.value = runs.peek() + 1
  })

  lastId++
  return {
    id: lastId,
    state,
    draft,
    answer,
    failure,
    busy,
    zoom: createZoom(state),
    run() {
      batch(() => {
        state.value = { ...state.value, expr: draft.value }
        runs.value++
      })
    },
    stop() {
      abort?.abort()
      busy.value = false
    },
    close() {
      dispose()
      disposeTicks()
      abort?.abort()
    },
  }
}

/** The part of the state that changes the answer, not only how it looks. */
function questionOf(state: PanelState): string {
  const { expr, tab, endMs, rangeMs, resolution } = state
  if (tab !== 'graph') return JSON.stringify([expr, 'table', endMs])
  return JSON.stringify([expr, 'graph', endMs, rangeMs, resolution])
}

interface QueryData {
  readonly resultType: string
  readonly result: unknown
}

async function answerOf(state: PanelState, abort: AbortSignal): Promise<Answer> {
  const endMs = state.endMs ?? Date.now()
  return state.tab === 'graph' ? graphOf(state, endMs, abort) : tableOf(state.expr, endMs, abort)
}

async function graphOf(state: PanelState, endMs: number, abort: AbortSignal): Promise<GraphAnswer> {
  const grid = gridOf(endMs, state.rangeMs, stepOf(state.resolution, state.rangeMs))
  const [reply, { unitOfText }] = await Promise.all([
    askRange(state.expr, grid, abort),
    import('../format/unittext.ts'),
  ])
  const columns = columnsOf(reply.data, grid)
  const unit = unitOfText(state.expr)
  return { kind: 'graph', columns, grid, unit, ...notesOf(state.expr, reply) }
}

/** The series of a range question. */
export async function askRange(
  expr: string,
  grid: Grid,
  abort?: AbortSignal,
): Promise<Reply<readonly MatrixSeries[]>> {
  const reply = await askLong<QueryData>(
    'query_range',
    {
      query: expr,
      start: String(grid.fromMs / 1000),
      end: String(grid.toMs / 1000),
      step: String(grid.stepMs / 1000),
    },
    abort,
  )
  return { ...reply, data: reply.data.result as readonly MatrixSeries[] }
}

async function tableOf(expr: string, timeMs: number, abort: AbortSignal): Promise<TableAnswer> {
  const params = { query: expr, time: String(timeMs / 1000) }
  const reply = await askLong<QueryData>('query', params, abort)
  const { resultType } = reply.data
  return { kind: 'table', timeMs, resultType, rows: rowsOf(reply.data), ...notesOf(expr, reply) }
}

function notesOf(expr: string, reply: Reply<unknown>): Notes {
  return { expr, warnings: reply.warnings, infos: reply.infos, tookMs: reply.tookMs }
}

type Sample = readonly [number, string]

function rowsOf(data: QueryData): Row[] {
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    return [{ metric: {}, samples: [data.result as Sample] }]
  }
  const series = data.result as readonly {
    readonly metric: Metric
    readonly value?: Sample
    readonly values?: readonly Sample[]
  }[]
  return series.map(({ metric, value, values }) => ({
    metric,
    samples: value === undefined ? (values ?? []) : [value],
  }))
}
