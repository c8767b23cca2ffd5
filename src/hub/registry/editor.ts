/** Makes edits: small ones in place, large ones on a thread of their own, one after the other. */
import type { Clock } from '../../base/clock.ts'
import type { Running } from '../../base/lifecycle.ts'
import { JobThread } from '../../base/thread.ts'
import { Turns } from '../../base/turns.ts'
import type { DocumentKey, Outcome, RegistryPlan } from '../../model/registry.ts'
import { type PreparedEdit, planEdit, prepareEdit, type ReadyEdit } from './batch.ts'
import { type EDIT_JOBS, type EditJob, packDocuments } from './editjobs.ts'
import type { Lists } from './lists.ts'

/** Large edits that may wait, with the one that is made; one more is refused. */
export const LARGE_EDITS_MAX = 8

/** Memory of the thread: the bound of a body, as YAML that has to be read with all its positions. */
export const EDITOR_HEAP_MEBIBYTES_MAX = 2048

/** Bytes of file and documents that are read in place: some ms. */
const IN_PLACE_BYTES_MAX = 64 * 1024

const NO_BYTES = new Uint8Array()

/** The one that makes the edits of a registry. */
export class Editor implements Running {
  readonly #thread: JobThread<typeof EDIT_JOBS>
  readonly #turns = new Turns(
    { verb: 'change the registry', things: 'large changes' },
    LARGE_EDITS_MAX,
  )

  /** @param file the bundled or plain editworker */
  constructor(file: URL, clock: Clock) {
    this.#thread = new JobThread({
      ...{ file, name: 'edits', verb: 'change the registry', clock },
      heapMebibytesMax: EDITOR_HEAP_MEBIBYTES_MAX,
    })
  }

  stop(): void {
    this.#thread.stop()
  }

  /** What an edit makes of the documents of `lists`. @throws as `prepareEdit`, `busy` when too many wait, `io` */
  async prepare(edit: ReadyEdit, lists: Lists): Promise<Outcome<readonly PreparedEdit[]>> {
    const withBodies = edit.action === 'relabel'
    if (isSmall(edit, lists, withBodies)) return prepareEdit(edit, lists)
    return await this.#turns.take(() => {
      const job = jobOf(edit, lists, withBodies)
      return this.#thread.run('prepare', job, [job.present.bytes.buffer])
    })
  }

  /** What an edit would do. @throws as `prepare` */
  async plan(edit: ReadyEdit, lists: Lists): Promise<Outcome<RegistryPlan>> {
    if (isSmall(edit, lists, true)) return planEdit(edit, lists)
    return await this.#turns.take(() => {
      const job = jobOf(edit, lists, true)
      return this.#thread.run('plan', job, [job.present.bytes.buffer])
    })
  }
}

function isSmall(edit: ReadyEdit, lists: Lists, withBodies: boolean): boolean {
  if (edit.action === 'undo' && !withBodies) return true
  let sizeBytes = textLength(edit)
  for (const key of withBodies ? keysOf(edit, lists, withBodies) : []) {
    sizeBytes += lists.bytes(key)?.length ?? 0
  }
  return sizeBytes <= IN_PLACE_BYTES_MAX
}

function jobOf(edit: ReadyEdit, lists: Lists, withBodies: boolean): EditJob {
  const documents = keysOf(edit, lists, withBodies).flatMap((key) => {
    const head = lists.head(key)
    if (head === undefined) return []
    return { head, bytes: (withBodies ? lists.bytes(key) : undefined) ?? NO_BYTES }
  })
  return { edit, present: packDocuments(documents) }
}

/** The texts that come with an edit. */
function textLength(edit: ReadyEdit): number {
  if (edit.action === 'import') return edit.text.length
  if (edit.action !== 'undo') return 0
  return edit.done.reduce((sum, { before, after }) => {
    return sum + (before?.body?.length ?? 0) + (after.body?.length ?? 0)
  }, 0)
}

/** The documents that an edit looks at; which ones a file has is not known before it is read. */
function keysOf(edit: ReadyEdit, lists: Lists, withBodies: boolean): readonly DocumentKey[] {
  if (edit.action === 'undo') return edit.done.map(({ after }) => after)
  if (edit.action !== 'import') return edit.documents
  return withBodies || edit.isWhole ? lists.ofKind(edit.kind) : []
}
