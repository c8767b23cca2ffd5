/** Text to be read and copied: commands, files, expressions. */
import type { JSX } from 'preact'
import { CopyButton } from './copybutton.tsx'
import { ScrollBox } from './scrollbox.tsx'
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
        {title !== undefined && <figcaption>{title}</figcaption>}
        <CopyButton label="Copy" text={() => text} />
      </div>
      {look === 'wrapped' ? (
        <pre>{text}</pre>
      ) : (
        <ScrollBox look="code-scroll">
          <pre>
            {look === 'numbered' && (
              <span class="code-numbers" aria-hidden="true">
                {numbersOf(text)}
              </span>
            )}
            <code>{text}</code>
          </pre>
        </ScrollBox>
      )}
    </figure>
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
