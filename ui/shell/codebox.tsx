/** Text to be read and copied: code of a page's texts, files, expressions. */
import type { JSX } from 'preact'
import { CopyButton } from './copybutton.tsx'
import './codebox.css'

interface CodeBoxProps {
  readonly text: string
  /** What it is, for a head above it; absent: the button lies in a corner. */
  readonly title?: string
  /** `numbered` for files, `wrapped` for expressions: they are never wider than their box. */
  readonly look?: 'numbered' | 'wrapped'
}

export function CodeBox({ text, title, look }: CodeBoxProps): JSX.Element {
  const head = title === undefined ? '' : 'has-head'
  return (
    <figure class={`code-box ${head} ${look === 'wrapped' ? 'is-wrapped' : ''}`}>
      <div class="code-copy">
        {title !== undefined && <figcaption class="mono">{title}</figcaption>}
        <CopyButton label="Copy" text={() => text} />
      </div>
      <Text text={text} look={look} />
    </figure>
  )
}

function Text({ text, look }: { text: string; look: CodeBoxProps['look'] }): JSX.Element {
  if (look === 'wrapped') return <pre>{text}</pre>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys
    <pre tabIndex={0}>
      {look === 'numbered' && (
        <span class="code-numbers" aria-hidden="true">
          {numbersOf(text)}
        </span>
      )}
      <code>{text}</code>
    </pre>
  )
}

/** One text for all lines: a node for each would be thousands. */
function numbersOf(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((_, index) => index + 1)
    .join('\n')
}
