/** What is said of changes of content, as schemas. */
import { named, number, record, type Schema, text, truth, whole } from '../openapi/schema.ts'

export const EDITED_FILE: Schema = named('EditedFile', record({ text, tag: text, source: text }))

const VERSION = {
  ...{ id: text, source: text, timeMs: number, by: text, summary: text, isRemoval: truth },
}

export const FILE_VERSION: Schema = named('FileVersion', record(VERSION))
export const VERSION_TEXT: Schema = named('VersionText', record({ ...VERSION, text }))
export const SAVED_VERSION: Schema = named('SavedVersion', record({ ...VERSION, tag: text }))

export const FILE_PROBLEM: Schema = named(
  'FileProblem',
  record({ line: whole, column: whole, message: text, isFault: truth }),
)
