/** Edits as a thread makes them: what goes over to it, and what it does. */
import type { DocumentKey, DocumentKind, Outcome, RegistryPlan } from '../../model/registry.ts'
import {
  type EditedDocuments,
  type EditedHead,
  type PreparedEdit,
  planEdit,
  prepareEdit,
  type ReadyEdit,
} from './batch.ts'

/** Documents as they go over to a thread: their texts lie one behind the other. */
export interface PackedDocuments {
  readonly heads: readonly PackedHead[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface PackedHead extends EditedHead {
  readonly sizeBytes: number
}

export interface EditJob {
  readonly edit: ReadyEdit
  /** Those that the edit looks at. */
  readonly present: PackedDocuments
}

/** Packs documents; `bytes` of one that is only looked for are empty. */
export function packDocuments(
  documents: readonly { readonly head: EditedHead; readonly bytes: Uint8Array }[],
): PackedDocuments {
  const bytes = new Uint8Array(documents.reduce((sum, each) => sum + each.bytes.length, 0))
  let at = 0
  const heads = documents.map(({ head, bytes: own }) => {
    bytes.set(own, at)
    at += own.length
    const { kind, name, version } = head
    return { kind, name, version, sizeBytes: own.length }
  })
  return { heads, bytes }
}

/** What the thread does. */
export const EDIT_JOBS = {
  prepare({ edit, present }: EditJob): Outcome<readonly PreparedEdit[]> {
    return prepareEdit(edit, new UnpackedDocuments(present))
  },
  plan({ edit, present }: EditJob): Outcome<RegistryPlan> {
    return planEdit(edit, new UnpackedDocuments(present))
  },
}

interface Unpacked {
  readonly head: EditedHead
  readonly bytes: Uint8Array
}

const UTF8 = new TextDecoder()

class UnpackedDocuments implements EditedDocuments {
  readonly #documents = new Map<string, Unpacked>()

  constructor({ heads, bytes }: PackedDocuments) {
    let at = 0
    for (const { sizeBytes, ...head } of heads) {
      this.#documents.set(keyOf(head), { head, bytes: bytes.subarray(at, at + sizeBytes) })
      at += sizeBytes
    }
  }

  head(key: DocumentKey): EditedHead | undefined {
    return this.#documents.get(keyOf(key))?.head
  }

  body(key: DocumentKey): string | undefined {
    const found = this.#documents.get(keyOf(key))
    return found && UTF8.decode(found.bytes)
  }

  ofKind(kind: DocumentKind): readonly DocumentKey[] {
    const heads = [...this.#documents.values()].map(({ head }) => head)
    return heads.filter((head) => head.kind === kind)
  }
}

function keyOf({ kind, name }: DocumentKey): string {
  return `${kind} ${name}`
}
