/** What the lists of accounts have in common: asked again now and then, and after each change. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import { usePolled } from '../api/polled.ts'
import { Alert, Waiting } from '../shell/listpage.tsx'

const REFRESH_MS = 10_000

interface SectionProps<Row> {
  /** A function of the module. */
  readonly load: (abort: AbortSignal) => Promise<readonly Row[]>
  /** Stands where there are no rows. */
  readonly none: JSX.Element
  readonly tools?: (reload: () => void) => JSX.Element
  readonly children: (rows: readonly Row[], reload: () => void) => JSX.Element
}

export function Section<Row>({ load, none, tools, children }: SectionProps<Row>): JSX.Element {
  const [round, setRound] = useState(0)
  // A new function for each round asks anew.
  const loadRound = useCallback((abort: AbortSignal) => load(abort), [load, round])
  const { data, failure } = usePolled(loadRound, REFRESH_MS)
  const reload = (): void => setRound(round + 1)
  return (
    <div class="accounts-section">
      {tools !== undefined && <div class="accounts-tools">{tools(reload)}</div>}
      <Alert text={failure} />
      {data === undefined && failure === '' && <Waiting look="accounts-skeleton" />}
      {data?.length === 0 && none}
      {data !== undefined && data.length > 0 && children(data, reload)}
    </div>
  )
}
