/** A box that scrolls by itself, by keys too. */
import type { ComponentChildren, JSX } from 'preact'

interface ScrollBoxProps {
  /** The class of its looks. */
  readonly look: string
  /** What is in it, where nothing beside it says so. */
  readonly label?: string
  readonly children: ComponentChildren
}

export function ScrollBox({ look, label, children }: ScrollBoxProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys
    <section class={look} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
