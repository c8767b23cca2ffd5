/** Asks for files of entries and their versions, and changes them. */
import type {
  EditedFile,
  EditsState,
  FileProblem,
  FileVersion,
  VersionText,
} from '../../src/model/edits.ts'
import { ApiError, ask, change } from '../api/client.ts'

/** Whether content can be changed here, and by whom. */
export interface EditRights extends EditsState {
  /** Whether who asks has the role. */
  readonly isAllowed: boolean
}

/** Somebody else's version, as a refusal brings it; null when they have taken the file away. */
export type Theirs = (VersionText & { readonly tag: string }) | null

/** What an author begins with: the file, or nothing where there is none. */
export type Beginning = Pick<EditedFile, 'text' | 'tag' | 'source'>

const NOTHING: Beginning = { text: '', tag: '', source: '' }

export async function loadRights(abort: AbortSignal): Promise<EditRights> {
  return (await ask<EditRights>('hub/edits', {}, abort)).data
}

export async function loadFile(
  entry: string,
  file: string,
  abort: AbortSignal,
): Promise<Beginning> {
  try {
    return (await ask<EditedFile>(pathOf(entry, file), {}, abort)).data
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not_found') return NOTHING
    throw error
  }
}

/** The newest first. */
export async function loadVersions(
  entry: string,
  file: string,
  abort: AbortSignal,
): Promise<readonly FileVersion[]> {
  const path = `hub/entries/${encodeURIComponent(entry)}/versions`
  return (await ask<{ versions: readonly FileVersion[] }>(path, { file }, abort)).data.versions
}

export async function loadVersion(
  entry: string,
  file: string,
  id: string,
  abort: AbortSignal,
): Promise<VersionText> {
  const path = `hub/entries/${encodeURIComponent(entry)}/versions/${encodeURIComponent(id)}`
  return (await ask<VersionText>(path, { file }, abort)).data
}

export async function checkText(
  entry: string,
  file: string,
  text: string,
): Promise<readonly FileProblem[]> {
  const path = `${pathOf(entry, file)}/check`
  const body = JSON.stringify({ text })
  return (await change<{ problems: readonly FileProblem[] }>('POST', path, body)).problems
}

/** Saves a text that began with the one of a tag; '' for a file that is not there yet. */
export function saveFile(
  entry: string,
  file: string,
  content: { readonly text: string; readonly summary: string },
  tag: string,
): Promise<FileVersion> {
  return change('PUT', pathOf(entry, file), JSON.stringify(content), conditionOf(tag))
}

export function takeFileBack(
  entry: string,
  file: string,
  summary: string,
  tag: string,
): Promise<FileVersion> {
  const query = new URLSearchParams({ summary })
  return change('DELETE', `${pathOf(entry, file)}?${query}`, '', conditionOf(tag))
}

/** What somebody else has made of a file; undefined where the refusal is about something else. */
export function theirsOf(error: unknown): Theirs | undefined {
  if (!(error instanceof ApiError) || error.kind !== 'conflict') return undefined
  return (error.body as { theirs?: Theirs } | undefined)?.theirs
}

/** What is wrong with a text that was refused. */
export function problemsOf(error: unknown): readonly FileProblem[] {
  if (!(error instanceof ApiError)) return []
  const told = (error.body as { problems?: readonly RefusedProblem[] } | undefined)?.problems ?? []
  return told.map(({ reason, ...place }) => ({ ...place, message: reason }))
}

interface RefusedProblem extends Omit<FileProblem, 'message'> {
  readonly reason: string
}

function conditionOf(tag: string): Readonly<Record<string, string>> {
  return tag === '' ? { 'if-none-match': '*' } : { 'if-match': `"${tag}"` }
}

function pathOf(entry: string, file: string): string {
  return `hub/entries/${encodeURIComponent(entry)}/files/${encodeURIComponent(file)}`
}
