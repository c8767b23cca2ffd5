/** Explore: several panels under one address. */
import { effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { CopyButton } from '../shell/copybutton.tsx'
import { Icon } from '../shell/icon.tsx'
import { searchOf, setSearch } from '../shell/router.ts'
import { addShortcuts } from '../shell/shortcuts.ts'
import { createPanel, type Panel } from './panel.ts'
import { PanelView } from './panelview.tsx'
import { startTicking, ticks } from './refresh.tsx'
import { scaleRange, shiftRange } from './timepicker.tsx'
import { formatPanels, PANEL_COUNT_MAX, PANEL_DEFAULT, parsePanels } from './urlstate.ts'
import './explore.css'

const panels = signal<readonly Panel[]>([])

export function ExplorePage(): JSX.Element {
  useEffect(() => {
    const stops = [followAddress(), writeAddress(), startTicking(), addKeys()]
    return () => {
      for (const stop of stops) stop()
      for (const panel of panels.value) panel.close()
      panels.value = []
    }
  }, [])

  const list = panels.value
  return (
    <div class="explore">
      <h1 class="sr-only">Explore</h1>
      {list.map((panel, index) => (
        <PanelView
          key={panel.id}
          panel={panel}
          number={index + 1}
          onRemove={list.length > 1 ? () => removePanel(panel) : undefined}
        />
      ))}
      <div class="explore-foot">
        <button
          type="button"
          class="button"
          disabled={list.length >= PANEL_COUNT_MAX}
          onClick={addPanel}
        >
          <Icon name="add" />
          Add a panel
        </button>
        <CopyButton label="Copy the link" text={() => location.href} />
      </div>
    </div>
  )
}

/** Panels are made from the address at the start and whenever a person goes back or forth. */
function followAddress(): () => void {
  return effect(() => {
    const wanted = parsePanels(searchOf('explore').value)
    const shown = panels.peek()
    // Panels that stay keep what they have drawn.
    for (const panel of shown.slice(wanted.length)) panel.close()
    panels.value = wanted.map((state, index) => {
      const panel = shown[index]
      if (panel === undefined) return createPanel(state, ticks)
      panel.state.value = state
      panel.draft.value = state.expr
      return panel
    })
  })
}

/** Every change is a step that Back undoes, except the first, which only completes the address. */
function writeAddress(): () => void {
  let isFirst = true
  const given = searchOf('explore')
  let lastGiven = given.peek()
  return effect(() => {
    const query = formatPanels(panels.value.map((panel) => panel.state.value))
    const followsAddress = lastGiven !== given.peek()
    lastGiven = given.peek()
    setSearch('explore', query, !isFirst && !followsAddress)
    isFirst = false
  })
}

function addPanel(): void {
  const last = panels.value.at(-1)?.state.value ?? PANEL_DEFAULT
  const { rangeMs, endMs, resolution } = last
  const state = { ...PANEL_DEFAULT, rangeMs, endMs, resolution }
  panels.value = [...panels.value, createPanel(state, ticks)]
}

function removePanel(panel: Panel): void {
  panel.close()
  panels.value = panels.value.filter((other) => other !== panel)
}

function runAll(): void {
  for (const panel of panels.value) panel.run()
}

/** Keys act on the panel that has the focus, else on the first. */
function addKeys(): () => void {
  const current = (): Panel | undefined => {
    const number = document.activeElement?.closest<HTMLElement>('[data-panel]')?.dataset.panel
    return panels.value[Number(number ?? 1) - 1]
  }
  const onCurrent = (does: (panel: Panel) => void) => (): void => {
    const panel = current()
    if (panel !== undefined) does(panel)
  }
  return addShortcuts([
    { keys: ['r'], run: runAll },
    { keys: ['a'], run: addPanel },
    { keys: ['m'], run: () => press('[data-does="metrics"]') },
    { keys: ['/'], run: focusExpression },
    {
      keys: ['['],
      run: onCurrent((panel) => shiftRange(panel, -0.5)),
    },
    {
      keys: [']'],
      run: onCurrent((panel) => shiftRange(panel, 0.5)),
    },
    { keys: ['-'], run: onCurrent((panel) => scaleRange(panel, 2)) },
    { keys: ['='], run: onCurrent((panel) => scaleRange(panel, 0.5)) },
  ])
}

function press(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.click()
}

function focusExpression(): void {
  const host = document.querySelector('.expression-editor')
  const field = host?.shadowRoot?.querySelector<HTMLElement>('.cm-content')
  ;(field ?? document.querySelector<HTMLElement>('.expression-plain'))?.focus()
}
