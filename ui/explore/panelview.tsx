/** One panel on the page: expression, controls, answer. */
import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { askLong, serverAway } from '../api/client.ts'
import { Expression } from '../editor/expression.tsx'
import { formatDuration } from '../format/duration.ts'
import { formatCount } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { Tabs } from '../shell/tabs.tsx'
import { Graph } from './graph.tsx'
import { HistoryButton } from './historylist.tsx'
import { MetricsDialog } from './metrics.tsx'
import type { Answer, GraphAnswer, Panel } from './panel.ts'
import { RefreshControl } from './refresh.tsx'
import { ResolutionSelect } from './resolution.tsx'
import { Table } from './table.tsx'
import { TimePicker } from './timepicker.tsx'
import { Tree } from './tree.tsx'
import type { PanelState, Tab } from './urlstate.ts'
import { FIRST_LOOK_MS, Welcome } from './welcome.tsx'

interface PanelViewProps {
  readonly panel: Panel
  /** Counts from 1, for names of regions. */
  readonly number: number
  /** Absent for the only panel. */
  readonly onRemove: (() => void) | undefined
}

const TABS: readonly (readonly [Exclude<Tab, 'explain'>, string])[] = [
  ['graph', 'Graph'],
  ['table', 'Table'],
]

export function PanelView({ panel, number, onRemove }: PanelViewProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const take = (expr: string): void => {
    panel.draft.value = expr
    panel.run()
  }
  const open = (expr: string): void => {
    change(panel, { rangeMs: FIRST_LOOK_MS, tab: 'graph' })
    take(expr)
  }
  const isEmpty = panel.state.value.expr.trim() === ''
  return (
    <section class="card panel" aria-label={`Panel ${number}`} data-panel={number}>
      <div class="panel-ask">
        <Expression text={panel.draft} onRun={panel.run} />
        <div class="panel-ask-buttons">
          <HistoryButton onChoose={take} />
          <button
            type="button"
            class="button bare icon-only"
            aria-label="Search metrics"
            title="Search metrics (m)"
            data-does="metrics"
            onClick={() => dialog.current?.showModal()}
          >
            <Icon name="search" />
          </button>
          <FormatButton panel={panel} />
          {onRemove !== undefined && (
            <button
              type="button"
              class="button bare icon-only"
              aria-label={`Remove panel ${number}`}
              title="Remove this panel"
              onClick={onRemove}
            >
              <Icon name="remove" />
            </button>
          )}
          <button
            type="button"
            class="button primary run"
            aria-busy={panel.busy.value}
            title="Run (Enter)"
            onClick={panel.run}
          >
            <Icon name="play" />
            Run
          </button>
        </div>
      </div>
      {isEmpty ? (
        number === 1 && <Welcome onChoose={open} />
      ) : (
        <PanelBody panel={panel} isFirst={number === 1} />
      )}
      <MetricsDialog dialog={dialog} onChoose={take} />
    </section>
  )
}

/** Lays the expression out over lines, as the server prints it. */
function FormatButton({ panel }: { panel: Panel }): JSX.Element {
  const format = async (): Promise<void> => {
    try {
      const reply = await askLong<string>('format_query', { query: panel.draft.value })
      panel.draft.value = reply.data
    } catch {
      // The editor already marks what cannot be read.
    }
  }
  return (
    <button
      type="button"
      class="button bare icon-only"
      aria-label="Format the expression"
      title="Format the expression"
      onClick={() => void format()}
    >
      <Icon name="braces" />
    </button>
  )
}

interface PanelBodyProps {
  readonly panel: Panel
  /** The first panel holds what all of them share. */
  readonly isFirst: boolean
}

function PanelBody({ panel, isFirst }: PanelBodyProps): JSX.Element {
  const state = panel.state.value
  return (
    <>
      <div class="panel-bar">
        <PanelTabs panel={panel} />
        <Facts panel={panel} />
        <div class="panel-controls">
          {state.tab === 'graph' && <GraphControls panel={panel} />}
          <TimePicker panel={panel} />
          {isFirst && <RefreshControl />}
        </div>
      </div>
      {(state.showTree || state.tab === 'explain') && <Tree panel={panel} />}
      <Messages panel={panel} />
      <div
        class={panel.busy.value || panel.failure.value !== '' ? 'panel-body stale' : 'panel-body'}
        aria-busy={panel.busy.value}
      >
        <AnswerView panel={panel} />
      </div>
    </>
  )
}

function change(panel: Panel, part: Partial<PanelState>): void {
  panel.state.value = { ...panel.state.value, ...part }
}

function PanelTabs({ panel }: { panel: Panel }): JSX.Element {
  const { tab, showTree } = panel.state.value
  const isTreeShown = showTree || tab === 'explain'
  return (
    <div class="panel-tabs">
      <Tabs
        name="Show the answer as"
        tabs={TABS}
        chosen={tab === 'explain' ? 'table' : tab}
        onChoose={(chosen) => change(panel, { tab: chosen })}
      />
      <button
        type="button"
        class="button bare"
        aria-pressed={isTreeShown}
        title="Show how the expression is put together"
        onClick={() =>
          change(panel, { tab: tab === 'graph' ? 'graph' : 'table', showTree: !isTreeShown })
        }
      >
        <Icon name="tree" />
        Tree
      </button>
    </div>
  )
}

/** How much was answered, how fast, how fine. */
function Facts({ panel }: { panel: Panel }): JSX.Element {
  const answer = panel.answer.value
  if (panel.busy.value) {
    return (
      <p class="facts">
        <button type="button" class="button bare stop" onClick={panel.stop}>
          Stop
        </button>
      </p>
    )
  }
  if (answer === undefined) return <p class="facts" />
  const count = answer.kind === 'graph' ? answer.columns.seriesCount : answer.rows.length
  const facts = [
    `${formatCount(count)} series`,
    `${Math.max(1, Math.round(answer.tookMs))} ms`,
    ...(answer.kind === 'graph' ? [`step ${formatDuration(answer.grid.stepMs)}`] : []),
  ]
  return (
    <p class="facts" role="status">
      {facts.join(' · ')}
    </p>
  )
}

function GraphControls({ panel }: { panel: Panel }): JSX.Element {
  const { mode, yMin } = panel.state.value
  return (
    <>
      <button
        type="button"
        class="button bare icon-only"
        aria-pressed={yMin === 0}
        aria-label="Value axis from zero"
        title="Value axis from zero"
        onClick={() => change(panel, { yMin: yMin === 0 ? undefined : 0 })}
      >
        <Icon name="floor" />
      </button>
      <button
        type="button"
        class="button bare icon-only"
        aria-pressed={mode === 'stacked'}
        aria-label="Stacked"
        title="Stack the series"
        onClick={() => change(panel, { mode: mode === 'stacked' ? 'lines' : 'stacked' })}
      >
        <Icon name="stack" />
      </button>
      {panel.zoom.depth.value > 0 && (
        <button
          type="button"
          class="button bare icon-only"
          aria-label="Undo the zoom"
          title="Undo the zoom (double click)"
          onClick={panel.zoom.back}
        >
          <Icon name="zoomOut" />
        </button>
      )}
      <ResolutionSelect panel={panel} />
    </>
  )
}

function Messages({ panel }: { panel: Panel }): JSX.Element {
  const answer = panel.answer.value
  return (
    <div class="messages">
      {panel.failure.value !== '' && !serverAway.value && (
        <p class="note bad" role="alert">
          <Icon name="warn" />
          <span>{panel.failure.value}</span>
        </p>
      )}
      {answer?.warnings.map((text) => (
        <p class="note warn" key={text}>
          <Icon name="warn" />
          <span>{text}</span>
        </p>
      ))}
      {answer?.infos.map((text) => (
        <p class="note" key={text}>
          <Icon name="info" />
          <span>{text}</span>
        </p>
      ))}
    </div>
  )
}

function AnswerView({ panel }: { panel: Panel }): JSX.Element {
  const answer = panel.answer.value
  const graph = useComputed<GraphAnswer | undefined>(() => {
    const got = panel.answer.value
    return got?.kind === 'graph' ? got : undefined
  })
  if (answer === undefined) return panel.busy.value ? <Waiting /> : <div class="panel-blank" />
  if (isEmptyAnswer(answer)) return <NoData panel={panel} answer={answer} />
  if (answer.kind === 'graph') return <Graph panel={panel} answer={graph} />
  return <Table answer={answer} />
}

function Waiting(): JSX.Element {
  return (
    <div class="panel-waiting">
      <span class="sr-only">Waiting for the answer</span>
      <div class="skeleton" />
    </div>
  )
}

function isEmptyAnswer(answer: Answer): boolean {
  return answer.kind === 'graph' ? answer.columns.seriesCount === 0 : answer.rows.length === 0
}

function NoData({ panel, answer }: { panel: Panel; answer: Answer }): JSX.Element {
  return (
    <div class="empty">
      <Icon name="search" />
      <strong>No series</strong>
      <span>
        {answer.kind === 'graph'
          ? 'Nothing matches in this range. A wider one may, or another label value.'
          : 'Nothing matches at this time.'}
      </span>
      {panel.zoom.depth.value > 0 && (
        <button type="button" class="button" onClick={panel.zoom.back}>
          <Icon name="zoomOut" />
          Undo the zoom
        </button>
      )}
    </div>
  )
}
