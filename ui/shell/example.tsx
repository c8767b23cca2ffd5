/** Text to be copied into a terminal or a file. */
import type { JSX } from 'preact'
import { CopyButton } from './copybutton.tsx'
import './example.css'

interface ExampleProps {
  /** What it is, in front of the text. */
  readonly title: string
  readonly text: string
}

export function Example({ title, text }: ExampleProps): JSX.Element {
  return (
    <figure class="example">
      <figcaption>
        <span>{title}</span>
        <CopyButton label="Copy" text={() => text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <pre tabIndex={0}>{text}</pre>
    </figure>
  )
}
