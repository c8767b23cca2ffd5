/** Reading JSON of peers that may say anything: what is not of the wanted type is as if absent. */
import { messageOf, NarthexError } from '../../base/error.ts'

export type JsonRecord = Readonly<Record<string, unknown>>

const NOTHING: JsonRecord = Object.freeze({})

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function toRecord(value: unknown): JsonRecord {
  return isRecord(value) ? value : NOTHING
}

export function recordAt(record: JsonRecord, key: string): JsonRecord {
  return toRecord(record[key])
}

export function listAt(record: JsonRecord, key: string): readonly unknown[] {
  const value = record[key]
  return Array.isArray(value) ? value : []
}

/** The text under a key; '' when there is none. */
export function textAt(record: JsonRecord, key: string): string {
  const value = record[key]
  return typeof value === 'string' ? value : ''
}

/** The number under a key; undefined when there is none. */
export function numberAt(record: JsonRecord, key: string): number | undefined {
  const value = record[key]
  return typeof value === 'number' ? value : undefined
}

/** Keys and texts of a map, one after the other. */
export function pairsAt(record: JsonRecord, key: string): readonly string[] {
  const pairs: string[] = []
  for (const [name, value] of Object.entries(recordAt(record, key))) {
    if (typeof value === 'string') pairs.push(name, value)
  }
  return pairs
}

/** @throws NarthexError `bad_data` with `what` in its message */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read ${what}: ${messageOf(error)}`, error)
  }
}
