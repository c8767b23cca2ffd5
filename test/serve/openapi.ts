/** Checks answers against Prometheus's own description of its API. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const FILE = join(import.meta.dirname, '../../../shared/conformance/data/http-api/openapi_3.1.yaml')

/** The part of JSON Schema that the description uses. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
}

const schemas: Readonly<Record<string, Schema>> = parse(readFileSync(FILE, 'utf8')).components
  .schemas

/** What does not fit, with its place; empty for an answer of the right shape. */
export function misfits(schemaName: string, value: unknown): string[] {
  return check(schemas[schemaName], value, '$')
}

function check(schema: Schema, value: unknown, at: string): string[] {
  if (schema.$ref !== undefined) {
    return check(schemas[schema.$ref.split('/').at(-1) ?? ''], value, at)
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) {
    const all = choices.map((choice) => check(choice, value, at))
    return all.find((faults) => faults.length === 0) ?? all[0]
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: not in the enum`]
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return [`${at}: ${JSON.stringify(value)} is no ${schema.type}`]
  }
  if (Array.isArray(value)) return checkItems(schema, value, at)
  if (typeof value === 'object' && value !== null) {
    return checkProperties(schema, value as Record<string, unknown>, at)
  }
  return []
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function checkItems(schema: Schema, value: readonly unknown[], at: string): string[] {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema
  if (value.length < minItems || value.length > maxItems) return [`${at}: ${value.length} items`]
  return items === undefined ? [] : value.flatMap((each, i) => check(items, each, `${at}[${i}]`))
}

function checkProperties(schema: Schema, value: Record<string, unknown>, at: string): string[] {
  const { properties = {}, required = [], additionalProperties = true } = schema
  const missing = required.filter((name) => !Object.hasOwn(value, name))
  const faults = missing.map((name) => `${at}: ${name} is missing`)
  for (const [name, each] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known !== undefined) faults.push(...check(known, each, `${at}.${name}`))
    else if (additionalProperties === false) faults.push(`${at}: ${name} is not expected`)
    else if (typeof additionalProperties === 'object') {
      faults.push(...check(additionalProperties, each, `${at}.${name}`))
    }
  }
  return faults
}
