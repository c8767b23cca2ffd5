/** What stands under an empty expression: what is being collected, and a first look at it. */

import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useCallback, useEffect } from 'preact/hooks'
import { apiUrl } from '../api/client.ts'
import { type Columns, columnsOf, type Metric, withoutLeadingHoles } from '../api/columns.ts'
import { gridOf, stepOf } from '../api/grid.ts'
import { usePolled } from '../api/polled.ts'
import { commonLabels, distinctLabels } from '../api/series.ts'
import { Canvas, type Drawing } from '../chart/canvas.tsx'
import type { ChartCursor } from '../chart/chart.ts'
import { formatCount, type Unit } from '../format/value.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { Icon } from '../shell/icon.tsx'
import { followLink, hasPage } from '../shell/router.ts'
import { type Collected, loadCollected, type TargetCounts } from './collected.ts'
import type { Ready } from './firstlook.ts'
import { askRange } from './panel.ts'

/** What the ready-made graphs show, here and when they are opened. */
export const FIRST_LOOK_MS: number = 15 * 60_000
/** A young server's graphs begin with its first data, but show at least so many points. */
const SLOTS_MIN = 40
const REFRESH_MS = 10_000
const CHART_HEIGHT = 150

const AGENT_COMMAND: string = `narthex agent --remote-write.url=${apiUrl('write')}\n`

export function Welcome({ onChoose }: { onChoose: (expr: string) => void }): JSX.Element {
  const { data: collected, failure } = usePolled(loadCollected, REFRESH_MS)

  if (collected === undefined && failure === '') return <WelcomeSkeleton />
  return (
    <div class="welcome">
      {failure !== '' && <p class="note bad">{failure}</p>}
      {collected !== undefined && (
        <>
          <Summary collected={collected} />
          {collected.graphs.length === 0 ? (
            <NoGraphs metrics={collected.metrics} />
          ) : (
            <ul class="ready">
              {collected.graphs.map((ready) => (
                <ReadyGraph key={ready.title} ready={ready} onChoose={onChoose} />
              ))}
            </ul>
          )}
        </>
      )}
    </div>
  )
}

function Summary({ collected }: { collected: Collected }): JSX.Element {
  const { targets, metrics, series } = collected
  return (
    <div class="welcome-summary">
      <p>
        {targets !== undefined && <TargetsUp targets={targets} />}
        <b>{formatCount(metrics)}</b> {metrics === 1 ? 'metric' : 'metrics'}
        {series !== undefined && (
          <>
            {' '}
            in <b>{formatCount(series)}</b> series
          </>
        )}
        .
      </p>
      <p class="soft">
        Type an expression above{collected.graphs.length > 0 && ', or start from one of these'}.
        Press <kbd>m</kbd> to search all metrics, <kbd>?</kbd> for the keys.
      </p>
    </div>
  )
}

function TargetsUp({ targets }: { targets: TargetCounts }): JSX.Element {
  const { up, all } = targets
  const look = all === 0 || up < all ? 'warn' : 'good'
  return (
    <>
      Collecting from{' '}
      <a href="targets" onClick={followLink} class={`badge ${look}`}>
        {`${up} of ${all} targets up`}
      </a>
      ,{' '}
    </>
  )
}

/** Either nothing is there yet, or nothing that a ready-made graph knows. */
function NoGraphs({ metrics }: { metrics: number }): JSX.Element {
  if (metrics > 0) {
    return (
      <div class="empty">
        <Icon name="search" />
        <strong>No ready-made graph for what is here</strong>
        <span>
          Press <kbd>m</kbd> to search the names of all metrics.
        </span>
      </div>
    )
  }
  return (
    <div class="empty">
      <Icon name="clock" />
      <strong>Nothing collected yet</strong>
      {hasPage('targets') ? (
        <span>The first graphs appear as soon as a target has answered.</span>
      ) : (
        <>
          <span>This server keeps what is pushed to it. An agent on any host can begin:</span>
          <CodeBox title="On the host" text={AGENT_COMMAND} />
        </>
      )}
    </div>
  )
}

interface ReadyGraphProps {
  readonly ready: Ready
  readonly onChoose: (expr: string) => void
}

interface Loaded {
  readonly columns: Columns
  readonly unit: Unit
  readonly warnings: readonly string[]
}

function ReadyGraph({ ready, onChoose }: ReadyGraphProps): JSX.Element {
  const load = useCallback((abort: AbortSignal) => loadReady(ready.expr, abort), [ready])
  const { data, failure } = usePolled(load, REFRESH_MS)
  return (
    <li class="ready-graph">
      <button type="button" onClick={() => onChoose(ready.expr)} title={ready.expr}>
        <h2>{ready.title}</h2>
        <span class="ready-open">Open</span>
      </button>
      <ReadyCanvas ready={ready} loaded={data} />
      {failure !== '' && <p class="note bad">{failure}</p>}
      {data?.warnings.map((text) => (
        <p class="note warn" key={text}>
          <Icon name="warn" />
          <span>{text}</span>
        </p>
      ))}
    </li>
  )
}

interface ReadyCanvasProps {
  readonly ready: Ready
  readonly loaded: Loaded | undefined
}

function ReadyCanvas({ ready, loaded }: ReadyCanvasProps): JSX.Element {
  const cursor = useSignal<ChartCursor | undefined>(undefined)
  const hidden = useSignal<ReadonlySet<number>>(new Set())
  const highlighted = useSignal<number | undefined>(undefined)
  const names = useSignal<readonly Metric[]>([])
  const drawing = useSignal<Drawing | undefined>(undefined)

  useEffect(() => {
    if (loaded === undefined) return
    const { columns, unit } = loaded
    const metrics = columns.series.map((s) => s.metric)
    const common = commonLabels(metrics)
    const values = columns.series.map((s) => s.values)
    names.value = metrics.map((metric) => distinctLabels(metric, common))
    drawing.value = { times: columns.times, columns: values, unit, stacked: false, yMin: 0 }
  }, [loaded, names, drawing])

  return (
    <Canvas
      drawing={drawing}
      names={names}
      hidden={hidden}
      highlighted={highlighted}
      cursor={cursor}
      height={CHART_HEIGHT}
      label={`Graph of ${ready.title}`}
    />
  )
}

function WelcomeSkeleton(): JSX.Element {
  return (
    <div class="welcome" aria-busy="true">
      <span class="sr-only">Loading</span>
      <ul class="ready">
        {[1, 2, 3].map((n) => (
          <li key={n} class="skeleton ready-skeleton" />
        ))}
      </ul>
    </div>
  )
}

async function loadReady(expr: string, abort: AbortSignal): Promise<Loaded> {
  const stepMs = stepOf({ kind: 'auto', density: 'medium' }, FIRST_LOOK_MS)
  const grid = gridOf(Date.now(), FIRST_LOOK_MS, stepMs)
  const [reply, { unitOfText }] = await Promise.all([
    askRange(expr, grid, abort),
    import('../format/unittext.ts'),
  ])
  return {
    columns: withoutLeadingHoles(columnsOf(reply.data, grid), SLOTS_MIN),
    unit: unitOfText(expr),
    warnings: reply.warnings,
  }
}
