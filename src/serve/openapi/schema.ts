/** Words in which bodies and answers are described, a small part of JSON Schema. */

/** What a value may look like. */
export interface Schema {
  /** Name under which a schema stands among the components, once for all that use it. */
  readonly title?: string
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null'
  readonly format?: 'date-time'
  readonly const?: string
  readonly enum?: readonly string[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
}

export const text: Schema = { type: 'string' }
export const whole: Schema = { type: 'integer' }
export const number: Schema = { type: 'number' }
export const truth: Schema = { type: 'boolean' }
export const time: Schema = { type: 'string', format: 'date-time' }

/** Any value. */
export const anything: Schema = {}

export function oneOfTexts(...texts: readonly string[]): Schema {
  return { type: 'string', enum: texts }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

/** An object with names of the user's. */
export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

/** An object with these properties, all of which are there. */
export function record(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) }
}

/** What is there, or null. */
export function orNull(schema: Schema): Schema {
  return { oneOf: [schema, { type: 'null' }] }
}

/** The record, with further properties that may be absent. */
export function optional(base: Schema, properties: Readonly<Record<string, Schema>>): Schema {
  return { ...base, properties: { ...base.properties, ...properties } }
}

/** The schema under a name of its own, in CamelCase. */
export function named(title: string, schema: Schema): Schema {
  return { ...schema, title }
}

/** The envelope of the API around what is answered. */
export function inEnvelope(data: Schema): Schema {
  return record({ status: { const: 'success' }, data })
}

/** As `inEnvelope`, where something that went wrong may be told besides. */
export function inEnvelopeWithWarnings(data: Schema): Schema {
  return optional(inEnvelope(data), { warnings: listOf(text) })
}

/** Of content there is a place in its text, and whether it is more than a warning. */
export const PROBLEM: Schema = named(
  'Problem',
  optional(record({ index: whole, field: text, reason: text }), {
    ...{ line: whole, column: whole, isFault: truth },
  }),
)

/** The envelope around a refusal. */
export const FAILURE: Schema = named(
  'Failure',
  optional(record({ status: { const: 'error' }, errorType: text, error: text }), {
    problems: listOf(PROBLEM),
  }),
)
