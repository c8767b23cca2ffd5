/** What was typed and is not saved: it stays while the pages are open, and the browser asks before it is lost. */
import type { Beginning } from './load.ts'

export interface Draft {
  /** What it began with. */
  readonly base: Beginning
  readonly text: string
}

/** Kept beyond the page of its entry: whoever looks at something else meanwhile finds it again. */
const drafts = new Map<string, Draft>()

export function draftOf(entry: string, file: string): Draft | undefined {
  return drafts.get(keyOf(entry, file))
}

/** Keeps a draft; one that is what it began with is none. */
export function keepDraft(entry: string, file: string, draft: Draft): void {
  if (draft.text === draft.base.text) drafts.delete(keyOf(entry, file))
  else drafts.set(keyOf(entry, file), draft)
}

export function dropDraft(entry: string, file: string): void {
  drafts.delete(keyOf(entry, file))
}

function keyOf(entry: string, file: string): string {
  return `${entry}/${file}`
}

window.addEventListener('beforeunload', (event) => {
  if (drafts.size > 0) event.preventDefault()
})
