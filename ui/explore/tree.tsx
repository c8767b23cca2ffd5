/** How an expression is put together, with the number of series of each part. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, errorText, isAbort } from '../api/client.ts'
import { formatCount } from '../format/value.ts'
import type { Panel } from './panel.ts'
import type { Part } from './parts.ts'

export function Tree({ panel }: { panel: Panel }): JSX.Element {
  const { expr, endMs } = panel.state.value
  const [root, setRoot] = useState<Part>()
  const [failure, setFailure] = useState('')

  useEffect(() => {
    let current = true
    import('./parts.ts')
      .then(({ partsOf }) => {
        if (!current) return
        setRoot(partsOf(expr))
        setFailure('')
      })
      .catch((error: unknown) => current && setFailure(errorText(error)))
    return () => {
      current = false
    }
  }, [expr])

  if (failure !== '') return <p class="note bad tree">{failure}</p>
  if (root === undefined) return <div class="tree" aria-busy="true" />
  return (
    <ul class="tree" aria-label="Parts of the expression">
      <Branch part={root} timeMs={endMs} />
    </ul>
  )
}

function Branch({ part, timeMs }: { part: Part; timeMs: number | undefined }): JSX.Element {
  return (
    <li>
      <div class="tree-part">
        <code>{part.text}</code>
        {part.isVector && <SeriesCount expr={part.text} timeMs={timeMs} />}
      </div>
      {part.children.length > 0 && (
        <ul>
          {part.children.map((child) => (
            <Branch key={`${child.from}:${child.text}`} part={child} timeMs={timeMs} />
          ))}
        </ul>
      )}
    </li>
  )
}

interface CountProps {
  readonly expr: string
  readonly timeMs: number | undefined
}

interface CountData {
  readonly result: readonly { readonly value: readonly [number, string] }[]
}

function SeriesCount({ expr, timeMs }: CountProps): JSX.Element {
  const [text, setText] = useState('…')
  useEffect(() => {
    const abort = new AbortController()
    const time = timeMs === undefined ? undefined : String(timeMs / 1000)
    ask<CountData>('query', { query: `count(${expr})`, time }, abort.signal).then(
      ({ data }) => setText(`${formatCount(Number(data.result[0]?.value[1] ?? 0))} series`),
      (error: unknown) => {
        if (!isAbort(error)) setText(errorText(error))
      },
    )
    return () => abort.abort()
  }, [expr, timeMs])
  return <span class="tree-count">{text}</span>
}
