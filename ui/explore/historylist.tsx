/** Expressions asked before, to be taken up again. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from '../shell/icon.tsx'
import { Popover } from '../shell/popover.tsx'
import { history } from './history.ts'

export function HistoryButton({ onChoose }: { onChoose: (expr: string) => void }): JSX.Element {
  return (
    <Popover
      name="Queries asked before"
      face={<Icon name="history" />}
      buttonClass="bare icon-only"
    >
      {(close) => (
        <HistoryList
          onChoose={(expr) => {
            close()
            onChoose(expr)
          }}
        />
      )}
    </Popover>
  )
}

function HistoryList({ onChoose }: { onChoose: (expr: string) => void }): JSX.Element {
  const [text, setText] = useState('')
  const hits = history.value.filter((expr) => expr.toLowerCase().includes(text.toLowerCase()))
  if (history.value.length === 0) return <p class="soft">Nothing asked in this browser yet.</p>
  return (
    <div class="history">
      <input
        class="field"
        type="search"
        aria-label="Filter the queries"
        placeholder="Filter"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <ul>
        {hits.map((expr) => (
          <li key={expr}>
            <button type="button" class="menu-item mono" onClick={() => onChoose(expr)}>
              {expr}
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="button bare"
        onClick={() => {
          history.value = []
        }}
      >
        Forget all
      </button>
    </div>
  )
}
