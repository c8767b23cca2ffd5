/** What may be wanted of an account: its name, role, password and age. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { parseDuration } from '../../model/duration.ts'
import { ROLES, type Role } from '../../model/role.ts'
import { ANYBODY } from '../../net/server/message.ts'

/** UTF-16 units. */
const NAME_LENGTH_MAX = 64
/** Shorter ones are found by trying, however slowly. */
const PASSWORD_LENGTH_MIN = 10
const PASSWORD_LENGTH_MAX = 256

/** Letters and digits of any script first: no name is empty, a path, a flag or two. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._@+-]*$/u

export interface UserWish {
  readonly name: string
  readonly role: Role
  /** Absent where it stays. */
  readonly password?: string
}

export interface TokenWish {
  readonly name: string
  readonly role: Role
  /** How long it lasts, in ms; 0 for good. */
  readonly ageMsMax: number
}

/** @throws NarthexError `bad_data`, without the password */
export function readUserWish(name: string, value: unknown): UserWish {
  const { role, password, ...others } = fieldsOf(value, 'user')
  refuseOthers(others, 'role and password')
  const wish = { name: readName(name), role: readRole(role) }
  return password === undefined ? wish : { ...wish, password: readPassword(password) }
}

/** @throws NarthexError `bad_data` */
export function readTokenWish(name: string, value: unknown): TokenWish {
  const { role, expires, ...others } = fieldsOf(value, 'token')
  refuseOthers(others, 'role and expires')
  return { name: readName(name), role: readRole(role), ageMsMax: readAge(expires) }
}

/** `{password}` alone. @throws NarthexError `bad_data`, without the password */
export function readPasswordWish(value: unknown): string {
  const { password, ...others } = fieldsOf(value, 'password')
  refuseOthers(others, 'password')
  return readPassword(password)
}

function readPassword(value: unknown): string {
  if (typeof value !== 'string') throw refusal('password', 'wanted a text')
  const { length } = value
  if (length >= PASSWORD_LENGTH_MIN && length <= PASSWORD_LENGTH_MAX) return value
  const bounds = `${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX}`
  throw refusal('password', `${length} characters, wanted ${bounds}`)
}

function readName(value: unknown): string {
  const name = typeof value === 'string' ? value.normalize('NFC') : ''
  if (name.length <= NAME_LENGTH_MAX && NAME.test(name) && name !== ANYBODY) return name
  throw refusal(
    'name',
    `wanted up to ${NAME_LENGTH_MAX} letters, digits and . _ @ + -, a letter or digit first`,
  )
}

function readRole(value: unknown): Role {
  const role = ROLES.find((each) => each === value)
  if (role !== undefined) return role
  throw refusal('role', `wanted ${ROLES.join(', ')}`)
}

/** A duration such as `90d`; '' and nothing for good. */
function readAge(value: unknown): number {
  if (value === undefined || value === '') return 0
  if (typeof value !== 'string') throw refusal('expires', 'wanted a duration such as 90d')
  try {
    return parseDuration(value)
  } catch (error) {
    throw refusal('expires', messageOf(error))
  }
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new NarthexError('bad_data', `cannot take ${what}: wanted a JSON object`)
}

function refuseOthers(others: object, wanted: string): void {
  const [name] = Object.keys(others)
  if (name === undefined) return
  throw refusal(JSON.stringify(name.slice(0, NAME_LENGTH_MAX)), `not known, wanted ${wanted}`)
}

function refusal(field: string, reason: string): NarthexError {
  return new NarthexError('bad_data', `cannot take account: ${field}: ${reason}`)
}
