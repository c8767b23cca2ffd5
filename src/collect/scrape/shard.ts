/** Which of several agents scrapes a target: each target has one owner, and a new agent moves few. */
import type { Shard } from '../../config/shard.ts'

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
