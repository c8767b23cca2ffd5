/** Search over the names of metrics, with type and help. */
import type { JSX, RefObject } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ask, askIfKnown, errorText } from '../api/client.ts'
import { formatCount } from '../format/value.ts'
import { DialogHead } from '../shell/dialoghead.tsx'

/** Names listed at most; the search narrows the rest. */
const LISTED_MAX = 200

interface Entry {
  readonly name: string
  readonly type: string
  readonly help: string
}

type Metadata = Readonly<Record<string, readonly { type: string; help: string }[]>>

interface MetricsDialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>
  readonly onChoose: (name: string) => void
}

export function MetricsDialog({ dialog, onChoose }: MetricsDialogProps): JSX.Element {
  const [open, setOpen] = useState(false)
  useEffect(() => {
    const element = dialog.current
    // `toggle` comes for opening and for closing, however it was done.
    const follow = (): void => setOpen(element?.open === true)
    element?.addEventListener('toggle', follow)
    return () => element?.removeEventListener('toggle', follow)
  }, [dialog])
  return (
    <dialog class="help metrics" ref={dialog} aria-labelledby="metrics-title">
      <DialogHead id="metrics-title" title="Metrics" dialog={dialog} />
      {open && (
        <MetricsSearch
          onChoose={(name) => {
            dialog.current?.close()
            onChoose(name)
          }}
        />
      )}
    </dialog>
  )
}

function MetricsSearch({ onChoose }: { onChoose: (name: string) => void }): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const [entries, setEntries] = useState<readonly Entry[]>()
  const [failure, setFailure] = useState('')
  const [text, setText] = useState('')

  useEffect(() => {
    const abort = new AbortController()
    field.current?.focus()
    loadEntries(abort.signal).then(setEntries, (error: unknown) => {
      if (!abort.signal.aborted) setFailure(errorText(error))
    })
    return () => abort.abort()
  }, [])

  const hits = useMemo(() => (entries ?? []).filter((e) => matches(e, text)), [entries, text])
  return (
    <>
      <input
        ref={field}
        class="field metrics-field"
        type="search"
        aria-label="Search metrics"
        placeholder="Part of a name or of a description"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {failure !== '' && <p class="note bad">{failure}</p>}
      <p class="faint" role="status">
        {entries === undefined ? 'Loading' : countText(hits.length, entries.length)}
      </p>
      <ul class="metrics-list">
        {hits.slice(0, LISTED_MAX).map((entry) => (
          <li key={entry.name}>
            <button type="button" class="menu-item" onClick={() => onChoose(entry.name)}>
              <span class="mono">{entry.name}</span>
              {entry.type !== '' && <span class="metric-type">{entry.type}</span>}
              {entry.help !== '' && <span class="metric-help">{entry.help}</span>}
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

function countText(hits: number, all: number): string {
  const found =
    hits === all
      ? `${formatCount(all)} metrics`
      : `${formatCount(hits)} of ${formatCount(all)} metrics`
  return hits > LISTED_MAX ? `${found}, the first ${LISTED_MAX} are listed` : found
}

/** Every word must occur in the name or in the help. */
function matches(entry: Entry, text: string): boolean {
  const searched = `${entry.name} ${entry.help}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word))
}

async function loadEntries(abort: AbortSignal): Promise<readonly Entry[]> {
  const [names, metadata] = await Promise.all([
    ask<readonly string[]>('label/__name__/values', {}, abort),
    askIfKnown<Metadata>('metadata', {}, abort),
  ])
  return names.data.map((name) => {
    const [known] = metadataOf(metadata ?? {}, name)
    return { name, type: known?.type ?? '', help: known?.help ?? '' }
  })
}

/** The parts of a histogram or summary have the family's metadata. */
function metadataOf(metadata: Metadata, name: string): Metadata[string] {
  const family = name.replace(/_(bucket|sum|count|total)$/, '')
  if (Object.hasOwn(metadata, name)) return metadata[name]
  return Object.hasOwn(metadata, family) ? metadata[family] : []
}
