/** Asks what an installation comes to, and has it done. */
import { useEffect, useState } from 'preact/hooks'
import type {
  ExportFile,
  Installation,
  InstallCandidates,
  InstallPlan,
  InstallRequest,
} from '../../src/model/install.ts'
import { ApiError, apiUrl, ask, change, errorText, watchedFetch } from '../api/client.ts'

/** A person who types on is not answered in between. */
const TYPING_MS = 200

export async function loadCandidates(
  entry: string,
  abort: AbortSignal,
): Promise<InstallCandidates> {
  const path = `hub/entries/${encodeURIComponent(entry)}/targets`
  const { data, warnings } = await ask<Pick<InstallCandidates, 'targets'>>(path, {}, abort)
  return { ...data, warnings }
}

export function install(request: InstallRequest): Promise<Installation> {
  return change('POST', 'hub/install', JSON.stringify(request))
}

/** What is asked for as files for others. */
export async function loadFiles(request: InstallRequest): Promise<readonly ExportFile[]> {
  const body = JSON.stringify(request)
  return (await change<{ files: readonly ExportFile[] }>('POST', 'hub/install/export', body)).files
}

/** All of them as one archive. */
export async function loadArchive(request: InstallRequest, name: string): Promise<Blob> {
  const url = apiUrl(`hub/install/export/${encodeURIComponent(name)}`)
  const response = await watchedFetch(url, { method: 'POST', body: JSON.stringify(request) })
  if (response.ok) return await response.blob()
  throw new ApiError('http', `the server answered ${response.status}`)
}

/** What came of asking. */
export interface Preview {
  /** The last plan that could be made; undefined before the first. */
  readonly plan: InstallPlan | undefined
  /** What is wrong with each target that cannot be one. */
  readonly problems: readonly string[]
  /** '' or why there is no plan at all. */
  readonly failure: string
  /** Whether all of this is about what is wanted now. */
  readonly isCurrent: boolean
}

const NOTHING: Preview = { plan: undefined, problems: [], failure: '', isCurrent: true }

/** The plan of a request; undefined asks for nothing. */
export function usePreview(request: InstallRequest | undefined): Preview {
  const [preview, setPreview] = useState(NOTHING)
  const key = request === undefined ? '' : JSON.stringify(request)
  useEffect(() => {
    if (key === '') {
      setPreview(NOTHING)
      return
    }
    let isOver = false
    setPreview((before) => ({ ...before, isCurrent: false }))
    const timer = window.setTimeout(() => {
      void previewOf(key).then((next) => {
        if (!isOver) setPreview((before) => ({ plan: before.plan, ...next }))
      })
    }, TYPING_MS)
    return () => {
      isOver = true
      window.clearTimeout(timer)
    }
  }, [key])
  return preview
}

type Answered = Omit<Preview, 'plan'> & Partial<Pick<Preview, 'plan'>>

async function previewOf(body: string): Promise<Answered> {
  const good = { problems: [], failure: '', isCurrent: true }
  try {
    return { ...good, plan: await change<InstallPlan>('POST', 'hub/install/preview', body) }
  } catch (error) {
    const problems = error instanceof ApiError ? error.problems.map(({ reason }) => reason) : []
    return { ...good, problems, failure: problems.length > 0 ? '' : errorText(error) }
  }
}
