/** What is called how: changes that were made, and changes that would be. */
import type { DocumentAction, LeaseAction, PlannedDocument } from '../../src/model/registry.ts'

export const DONE_WORDS: Readonly<Record<DocumentAction, string>> = {
  put: 'written',
  delete: 'deleted',
  import: 'imported',
  undo: 'taken back',
  relabel: 'relabelled',
}

export const LEASE_WORDS: Readonly<Record<LeaseAction, string>> = {
  hold: 'came',
  change: 'changed',
  release: 'left',
  expire: 'fell silent',
}

/** With the look of its badge. */
export const PLAN_WORDS: Readonly<
  Record<PlannedDocument['action'], readonly [word: string, look: string]>
> = {
  add: ['new', 'good'],
  change: ['changed', 'warn'],
  delete: ['deleted', 'bad'],
  keep: ['unchanged', ''],
}
