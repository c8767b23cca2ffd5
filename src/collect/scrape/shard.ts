/** Which of several agents scrapes a target: each target has one owner, and a new agent moves few. */
import { NarthexError } from '../../base/error.ts'

/** One of `count` agents that share targets; `index` from 0. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** Nobody to share with. */
export const WHOLE: Shard = Object.freeze({ index: 0, count: 1 })

/** Most agents that share targets. */
export const SHARDS_MAX = 10_000

/**
 * Reads `index/count`.
 *
 * @throws NarthexError `bad_data`
 */
export function parseShard(text: string): Shard {
  const parts = /^(\d{1,6})\/(\d{1,6})$/.exec(text)
  const index = Number(parts?.[1])
  const count = Number(parts?.[2])
  if (parts !== null && index < count && count <= SHARDS_MAX) return { index, count }
  const wanted = `wanted index/count with index from 0, below count, and count up to ${SHARDS_MAX}`
  throw new NarthexError('bad_data', `cannot read shard: ${JSON.stringify(text)}, ${wanted}`)
}

/** Whether this agent scrapes the target with this key, the text of its final labels. */
export function ownsTarget(key: string, { index, count }: Shard): boolean {
  return count === 1 || shardOf(key, count) === index
}

/**
 * The owner of a key among `count`, 0 … count - 1. From `count` to `count + 1` a key stays where it
 * is or moves to the new owner, the latter for one of `count + 1` keys.
 *
 * @source Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", with another
 *   generator
 */
export function shardOf(key: string, count: number): number {
  const random = openRandom(key)
  let owner = 0
  let next = 0
  while (next < count) {
    owner = next
    next = Math.floor((owner + 1) / random())
  }
  return owner
}

/** Numbers above 0 up to 1, always the same for one key. */
function openRandom(key: string): () => number {
  let low = 0x9e3779b9
  let high = 0x85ebca6b
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0xcc9e2d51)
    high ^= high >>> 15
  }
  return () => {
    low = (low + 0x6d2b79f5) | 0
    high = (high + 0x9e3779b1) | 0
    let mixed = Math.imul(low ^ (low >>> 15), high | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), low | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 0x1_0000_0000
  }
}
