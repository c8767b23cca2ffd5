/** How samples of one sender enter: with which labels, and as which replica. */
import { compareText, type Labels, NO_LABELS } from '../../model/labels.ts'
import type { Replica, Replicas } from './replicas.ts'

export interface Door {
  /** The labels as they are kept. */
  enter(labels: Labels): Labels
  /** Which replica sends these labels; undefined when they do not say so. */
  replicaOf(labels: Labels): Replica | undefined
  /** Whether samples of a replica are taken now. */
  admits(replica: Replica): boolean
  /** Counts samples of a replica that was not admitted; to their sender they count as taken. */
  leaveOut(replica: Replica, sampleCount: number): void
}

/** Takes everything as it comes. */
export const OPEN_DOOR: Door = Object.freeze({
  enter: (labels: Labels) => labels,
  replicaOf: () => undefined,
  admits: () => true,
  leaveOut: () => {},
})

/**
 * @param tenant whose samples they are; '' for nobody's
 * @param added  labels of all of its series, sorted; they win over the sender's
 */
export function openDoor(
  tenant: string,
  added: Labels = NO_LABELS,
  replicas?: Replicas | undefined,
): Door {
  return {
    enter(labels) {
      return withLabels(replicas === undefined ? labels : replicas.strip(labels), added)
    },
    replicaOf: (labels) => replicas?.replicaOf(labels, tenant),
    admits: (replica) => replicas?.admits(replica) ?? true,
    leaveOut: (replica, sampleCount) => replicas?.leaveOut(replica, sampleCount),
  }
}

/** Two sorted label sets as one; of equal names the second's value counts. */
export function withLabels(labels: Labels, added: Labels): Labels {
  if (added.length === 0) return labels
  const merged: string[] = []
  let i = 0
  for (let j = 0; j < added.length; j += 2) {
    for (; i < labels.length && compareText(labels[i], added[j]) < 0; i += 2) {
      merged.push(labels[i], labels[i + 1])
    }
    if (labels[i] === added[j]) i += 2
    merged.push(added[j], added[j + 1])
  }
  for (; i < labels.length; i += 2) merged.push(labels[i], labels[i + 1])
  return merged
}
