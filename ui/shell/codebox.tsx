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

/** More lines than this are shown without numbers: each costs a node. */
const NUMBERED_LINES_MAX = 5000

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
  const lines = look === 'numbered' ? text.trimEnd().split('\n') : []
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys
    <pre tabIndex={0}>
      {lines.length > 0 && lines.length <= NUMBERED_LINES_MAX
        ? lines.map((line, index) => (
            <code key={index} class="code-line">
              {`${line}\n`}
            </code>
          ))
        : text}
    </pre>
  )
}
