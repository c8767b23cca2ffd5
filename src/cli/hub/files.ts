/** Files that tools read and write; the terminal, where none is named. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { messageOf, NarthexError } from '../../base/error.ts'

const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  csv: 'text/csv',
}

/** @param file '' or `-` for standard input @throws NarthexError `bad_data` */
export function readInput(file: string): string {
  try {
    const bytes = readFileSync(file === '' || file === '-' ? 0 : file)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const what = file === '' || file === '-' ? 'standard input' : file
    throw new NarthexError('bad_data', `cannot read ${what}: ${messageOf(error)}`, error)
  }
}

/** The media type of a file: as --format says, else by the end of its name, else JSON. */
export function typeOf(format: string, file: string): string {
  const word = format || extname(file).slice(1).toLowerCase()
  if (Object.hasOwn(TYPES, word)) return TYPES[word]
  if (format === '') return TYPES.json
  throw new NarthexError('bad_data', `cannot use --format=${format}: wanted json, yaml or csv`)
}
