/** `narthex.shard`: which part of the targets an agent scrapes that shares them with others. */
import { NarthexError } from '../base/error.ts'
import { type Shape, scalar } from './shape.ts'

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

/** The key; undefined when it is absent. */
export const shardShape: Shape<Shard | undefined> = scalar<Shard | undefined>(
  'a shard such as 0/3',
  parseShard,
  undefined,
)
