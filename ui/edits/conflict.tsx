/** Somebody else has saved the file meanwhile: what they have changed, what you have, and how to go on. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { mergeTexts } from '../../src/model/textdiff.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { DiffView } from './diffview.tsx'
import type { Theirs } from './load.ts'

interface ConflictProps {
  /** What both began with. */
  readonly base: string
  readonly yours: string
  readonly theirs: Theirs
  /** Goes on with a text, on top of theirs. */
  readonly onGoOn: (text: string) => void
}

export function Conflict({ base, yours, theirs, onGoOn }: ConflictProps): JSX.Element {
  const theirText = theirs?.text ?? ''
  const merged = useMemo(() => mergeTexts(base, yours, theirText), [base, yours, theirText])
  return (
    <section class="card conflict" role="alert" aria-label="Somebody else has changed this file">
      <header class="note warn">
        <Icon name="warn" />
        <div>
          <h3>
            <Who theirs={theirs} />
          </h3>
          <p>
            Nothing of yours is lost, and nothing of theirs. Choose what to go on with, then save.
          </p>
        </div>
      </header>
      <div class="conflict-sides">
        <div>
          <h3>What they have changed</h3>
          <DiffView a={base} b={theirText} name="What they have changed" isNarrow />
        </div>
        <div>
          <h3>What you have changed</h3>
          <DiffView a={base} b={yours} name="What you have changed" isNarrow />
        </div>
      </div>
      <div class="form-buttons">
        {theirs !== null && (
          <button type="button" class="button primary" onClick={() => onGoOn(merged.text)}>
            {merged.conflicts === 0
              ? 'Put both together'
              : `Put both together, ${merged.conflicts} ${merged.conflicts === 1 ? 'place' : 'places'} to choose`}
          </button>
        )}
        <button type="button" class="button" onClick={() => onGoOn(yours)}>
          Go on with mine
        </button>
        {theirs !== null && (
          <button type="button" class="button" onClick={() => onGoOn(theirText)}>
            Take theirs
          </button>
        )}
      </div>
    </section>
  )
}

function Who({ theirs }: { readonly theirs: Theirs }): JSX.Element {
  if (theirs === null) return <>Somebody has taken this file away</>
  const { by, timeMs, summary } = theirs
  return (
    <>
      {by === '' ? 'This file has changed' : `${by} has changed this file`}
      {timeMs > 0 && (
        <>
          {' '}
          <Ago timeMs={timeMs} never="" />
        </>
      )}
      {summary !== '' && `: ${summary}`}
    </>
  )
}
