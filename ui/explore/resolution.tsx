/** How close together the points of a graph are. */
import type { JSX } from 'preact'
import { type Resolution, stepOf } from '../api/grid.ts'
import { formatDuration, parseDuration } from '../format/duration.ts'
import type { Panel } from './panel.ts'

const STEPS = ['1s', '5s', '10s', '15s', '30s', '1m', '5m', '10m', '30m', '1h', '6h', '1d']

export function ResolutionSelect({ panel }: { panel: Panel }): JSX.Element {
  const { resolution, rangeMs } = panel.state.value
  const custom = resolution.kind === 'auto' ? '' : formatDuration(resolution.stepMs)
  const choose = (value: string): void => {
    panel.state.value = { ...panel.state.value, resolution: resolutionOf(value) }
  }
  return (
    <select
      class="field"
      aria-label="Resolution"
      title={`One point every ${formatDuration(stepOf(resolution, rangeMs))}`}
      value={resolution.kind === 'auto' ? resolution.density : custom}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <optgroup label="By the range">
        <option value="low">Coarse</option>
        <option value="medium">Automatic</option>
        <option value="high">Fine</option>
      </optgroup>
      <optgroup label="A point every">
        {STEPS.map((step) => (
          <option key={step} value={step}>
            {step}
          </option>
        ))}
        {custom !== '' && !STEPS.includes(custom) && <option value={custom}>{custom}</option>}
      </optgroup>
    </select>
  )
}

function resolutionOf(value: string): Resolution {
  if (value === 'low' || value === 'medium' || value === 'high') {
    return { kind: 'auto', density: value }
  }
  return { kind: 'fixed', stepMs: parseDuration(value) ?? 15_000 }
}
