/** The file of one window: an LMDB environment with its own index and blocks. */

import { Cursor, readVarint, unzigzag, writeVarint, zigzag } from '../../base/bytes.ts'
import { NarthexError } from '../../base/error.ts'
import { type Environment, openEnvironment } from '../lmdb/environment.ts'

/** Tables of a window. */
export const TABLE_META = 'meta'
const TABLE_INDEX = 'index'
export const TABLE_BLOCKS = 'blocks'
export const TABLE_SEGMENTS = 'segments'

/** Version of the format; a newer one is refused, an older one would be migrated. */
const WINDOW_VERSION = 1

const META_KEY: Uint8Array = Uint8Array.of(0)

/** Next numbers of a window; written with every change. */
export interface WindowCounters {
  pairs: number
  groups: number
  shapes: number
  layouts: number
  /** Chunks of the index. */
  chunks: number
  /** Blocks. */
  blocks: number
  /** Samples in all blocks. */
  samples: number
  /** Blocks up to this one were written by a merge; later ones are seals. */
  merged: number
  /** Bounds of the times of all blocks; 0 while there are none. */
  minTimeMs: number
  maxTimeMs: number
}

const FIELDS: readonly (keyof WindowCounters)[] = [
  'pairs',
  'groups',
  'shapes',
  'layouts',
  'chunks',
  'blocks',
  'samples',
  'merged',
  'minTimeMs',
  'maxTimeMs',
]

/** Opens the file of a window. @throws NarthexError `io`, `corrupt`, `not_found` */
export function openWindowFile(path: string, readOnly: boolean): Environment {
  const tables = [TABLE_META, TABLE_INDEX, TABLE_BLOCKS, TABLE_SEGMENTS]
  return openEnvironment({ path, tables, readOnly })
}

/** Where the counters and the chunks of the index are: each table has a copy on pages of its own. */
export const INDEX_TABLES: readonly string[] = [TABLE_INDEX, TABLE_META]

/**
 * The counters of a window, from whichever copy is sound.
 *
 * @throws NarthexError `corrupt` for a newer version, or when no copy can be read
 */
export function readCounters(environment: Environment): WindowCounters {
  let damage: Error | undefined
  for (const table of [TABLE_META, TABLE_INDEX]) {
    try {
      const bytes = environment.table(table).get(META_KEY)
      if (bytes !== undefined) return decodeCounters(bytes, environment.path)
    } catch (error) {
      if (!isDamage(error) || isNewerVersion(error)) throw error
      damage = error
    }
  }
  if (damage !== undefined) throw damage
  return newCounters()
}

/** The counters of a window without a block. */
export function newCounters(): WindowCounters {
  return {
    pairs: 1,
    groups: 1,
    shapes: 1,
    layouts: 1,
    chunks: 0,
    blocks: 0,
    samples: 0,
    merged: 0,
    minTimeMs: 0,
    maxTimeMs: 0,
  }
}

/** @throws NarthexError `corrupt` for a newer version, `bad_data` for damaged bytes */
export function decodeCounters(bytes: Uint8Array, path: string): WindowCounters {
  const counters = newCounters()
  const c = new Cursor(bytes)
  const version = readVarint(c)
  if (version > WINDOW_VERSION) {
    throw new NarthexError(
      'corrupt',
      `cannot open window ${path}: format version ${version}, at most ${WINDOW_VERSION} is known`,
    )
  }
  for (const field of FIELDS) counters[field] = unzigzag(readVarint(c))
  return counters
}

/** Whether a window was refused because a newer program wrote it. */
export function isNewerVersion(error: unknown): boolean {
  return error instanceof NarthexError && error.message.includes('format version')
}

export function encodeCounters(counters: WindowCounters): Uint8Array {
  const c = new Cursor(new Uint8Array(128))
  writeVarint(c, WINDOW_VERSION)
  for (const field of FIELDS) writeVarint(c, zigzag(counters[field]))
  return c.bytes.subarray(0, c.at)
}

/** The key of the counters. */
export function metaKey(): Uint8Array {
  return META_KEY
}

/** Bytes of the key of a chunk. */
export const CHUNK_KEY_BYTES = 5

/** The key of a chunk of the index in one of INDEX_TABLES. */
export function chunkKey(chunk: number, copy: number): Uint8Array {
  const bytes = new Uint8Array(CHUNK_KEY_BYTES)
  bytes[0] = copy
  new DataView(bytes.buffer).setUint32(1, chunk)
  return bytes
}

/** Whether reading failed because of what lies on the disk, and not because of a fault of ours. */
export function isDamage(error: unknown): error is Error {
  if (error instanceof NarthexError) return error.kind === 'corrupt' || error.kind === 'bad_data'
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
}
