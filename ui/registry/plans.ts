/** Changes of several documents: what they would do, and doing it. */
import type { BulkEdit, DocumentKind, RegistryPlan, Taken } from '../../src/model/registry.ts'
import { change } from '../api/client.ts'
import { type Progress, upload } from './upload.ts'

/** An edit that fits into a small body. */
export type SmallEdit = Exclude<BulkEdit, { action: 'import' }>

export function planEdit(edit: SmallEdit): Promise<RegistryPlan> {
  return change<RegistryPlan>('POST', 'sd/bulk?dry_run=true', JSON.stringify(edit))
}

/** @param tag of the plan that was seen */
export async function carryOut(edit: SmallEdit, tag: string): Promise<readonly Taken[]> {
  const body = JSON.stringify(edit)
  const { documents } = await change<{ documents: readonly Taken[] }>('POST', 'sd/bulk', body, {
    'if-match': tag,
  })
  return documents
}

/** A file as it was chosen or pasted. */
export interface ImportFile {
  /** '' for what was pasted. */
  readonly name: string
  readonly type: string
  readonly content: Blob
}

/** How a file is taken. */
export interface ImportWish {
  readonly kind: DocumentKind
  /** Whether documents that are not in the file go. */
  readonly isWhole: boolean
}

export function planImport(
  file: ImportFile,
  wish: ImportWish,
  progress: Progress,
  abort: AbortSignal,
): Promise<RegistryPlan> {
  return upload(pathOf(wish, { dry_run: 'true' }), file, {}, progress, abort)
}

/** @param tag of the plan that was seen */
export async function importFile(
  file: ImportFile,
  wish: ImportWish,
  tag: string,
  progress: Progress,
  abort: AbortSignal,
): Promise<readonly Taken[]> {
  const path = pathOf(wish, {})
  const taken = await upload<Readonly<Record<string, readonly Taken[]>>>(
    ...([path, file, { 'if-match': tag }, progress, abort] as const),
  )
  return taken[`${wish.kind}s`]
}

function pathOf({ kind, isWhole }: ImportWish, more: Readonly<Record<string, string>>): string {
  return `sd/import?${new URLSearchParams({ kind, whole: String(isWhole), ...more })}`
}
