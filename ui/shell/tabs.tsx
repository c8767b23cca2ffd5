/** A row of tabs: one is chosen, arrow keys go to its neighbours. */
import type { JSX } from 'preact'

interface TabsProps<T extends string> {
  /** What the tabs choose between, for those who do not see them. */
  readonly name: string
  readonly tabs: readonly (readonly [T, string])[]
  readonly chosen: T
  readonly onChoose: (tab: T) => void
}

export function Tabs<T extends string>(props: TabsProps<T>): JSX.Element {
  const { tabs, chosen, onChoose } = props
  const step = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    const at = tabs.findIndex(([tab]) => tab === chosen)
    onChoose(tabs[(at + by + tabs.length) % tabs.length][0])
    const list = event.currentTarget
    if (list instanceof HTMLElement) {
      // The chosen tab takes the focus once it is the one that has a place in the tab order.
      requestAnimationFrame(() => list.querySelector<HTMLElement>('[tabindex="0"]')?.focus())
    }
  }
  return (
    <div class="tabs" role="tablist" aria-label={props.name} onKeyDown={step}>
      {tabs.map(([tab, title]) => (
        <button
          key={tab}
          type="button"
          class="tab"
          role="tab"
          tabIndex={tab === chosen ? 0 : -1}
          aria-selected={tab === chosen}
          onClick={() => onChoose(tab)}
        >
          {title}
        </button>
      ))}
    </div>
  )
}
