/** Refreshing: the button, how far it is, and why it was not done. */
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { SourceProgress } from '../../src/model/sources.ts'
import { errorText } from '../api/client.ts'
import { Icon } from '../shell/icon.tsx'
import { refreshSources } from './load.ts'
import { progressWords } from './source.ts'

export interface Refresh {
  readonly isAsked: boolean
  /** '' or why it could not be asked. */
  readonly failure: string
  readonly run: () => Promise<void>
}

/** @param name '' for all */
export function useRefresh(name: string): Refresh {
  const [isAsked, setAsked] = useState(false)
  const [failure, setFailure] = useState('')
  const run = async (): Promise<void> => {
    setAsked(true)
    setFailure('')
    try {
      await refreshSources(name)
    } catch (error) {
      setFailure(errorText(error))
    }
    setAsked(false)
  }
  return { isAsked, failure, run }
}

interface RefreshButtonProps {
  readonly refresh: Refresh
  /** Somebody else may have asked for it. */
  readonly isRunning: boolean
  readonly children: ComponentChildren
}

export function RefreshButton({ refresh, isRunning, children }: RefreshButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      disabled={refresh.isAsked || isRunning}
      onClick={() => void refresh.run()}
    >
      <Icon name="refresh" />
      {children}
    </button>
  )
}

/** What a refresh is doing, with a bar where its end is known. */
export function Progress({ progress }: { readonly progress: SourceProgress }): JSX.Element {
  const { done, all } = progress
  const words = progressWords(progress)
  return (
    <div class="source-progress">
      <progress aria-label={words} {...(all > 0 ? { value: done, max: all } : {})} />
      <span class="soft">{words}</span>
    </div>
  )
}
