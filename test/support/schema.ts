/** Holds values against the part of JSON Schema in which answers are described. */

/** As it stands in a description, with references. */
export interface WrittenSchema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly oneOf?: readonly WrittenSchema[]
  readonly properties?: Readonly<Record<string, WrittenSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: WrittenSchema
  readonly items?: WrittenSchema
}

export type WrittenSchemas = Readonly<Record<string, WrittenSchema>>

/** What does not fit, with its place; objects have no fields that are not described. */
export function misfits(
  schema: WrittenSchema,
  value: unknown,
  schemas: WrittenSchemas,
  at = '$',
): string[] {
  if (schema.$ref !== undefined) {
    return misfits(schemas[schema.$ref.split('/').at(-1) ?? ''], value, schemas, at)
  }
  if (schema.oneOf !== undefined) {
    const all = schema.oneOf.map((choice) => misfits(choice, value, schemas, at))
    return all.find((faults) => faults.length === 0) ?? all[0]
  }
  const isOther = 'const' in schema && value !== schema.const
  if (isOther || schema.enum?.includes(value) === false) return [`${at}: ${String(value)}`]
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return [`${at} is ${JSON.stringify(value)?.slice(0, 80)}, described as ${schema.type}`]
  }
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(String(value)))) {
    return [`${at} is no time: ${String(value)}`]
  }
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.flatMap((each, i) => misfits(items, each, schemas, `${at}[${i}]`)) : []
  }
  if (schema.type === 'object') return fieldMisfits(schema, value as object, schemas, at)
  return []
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function fieldMisfits(
  { properties, required = [], additionalProperties }: WrittenSchema,
  value: object,
  schemas: WrittenSchemas,
  at: string,
): string[] {
  const missing = required.filter((name) => !Object.hasOwn(value, name))
  const faults = missing.map((name) => `${at}.${name} is missing`)
  if (properties === undefined && additionalProperties === undefined) return faults
  for (const [name, each] of Object.entries(value)) {
    const own = properties?.[name] ?? additionalProperties
    if (own === undefined) faults.push(`${at}.${name} is not described`)
    else faults.push(...misfits(own, each, schemas, `${at}.${name}`))
  }
  return faults
}
