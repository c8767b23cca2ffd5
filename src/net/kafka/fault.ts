/** What a failure of Kafka means: try again, or never. */
import { findErrorBy } from '@platformatic/kafka'
import { messageOf } from '../../base/error.ts'

export interface KafkaFault {
  readonly isRetryable: boolean
  /** One word for counters: `message_too_large`, `authentication`, `connection`. */
  readonly reason: string
  readonly message: string
}

/** What will not go better the next time, whoever tries: it is about the message. */
const REFUSALS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
])

const REASONS: Readonly<Record<string, string>> = {
  PLT_KFK_AUTHENTICATION: 'authentication',
  PLT_KFK_NETWORK: 'connection',
  PLT_KFK_TIMEOUT: 'timeout',
}

/** Innermost errors looked at; a failure of many brokers has many. */
const CAUSES_MAX = 100

/** Sorts out anything that the library throws. */
export function kafkaFault(error: unknown): KafkaFault {
  const { all, innermost } = causesOf(error)
  const ids = all.flatMap((one) => ('apiId' in one ? [String(one.apiId)] : []))
  const refusal = ids.find((id) => REFUSALS.has(id))
  const message = innermost.map(messageOf).join('; ') || messageOf(error)
  if (refusal !== undefined) return { isRetryable: false, reason: refusal.toLowerCase(), message }
  if (ids.length > 0) return { isRetryable: true, reason: ids[0].toLowerCase(), message }
  const reasons = all.map((one) => ('code' in one ? REASONS[String(one.code)] : undefined))
  // A connection that failed has its own reason within.
  return { isRetryable: true, reason: reasons.findLast(Boolean) ?? 'kafka', message }
}

/** Whether one of the causes is this error of the protocol. */
export function isKafkaError(error: unknown, apiId: string): boolean {
  return error instanceof Error && findErrorBy(error, 'apiId', apiId) !== null
}

/** The tree of causes, and the errors at its ends, which say what happened. */
function causesOf(error: unknown): {
  readonly all: readonly Error[]
  readonly innermost: readonly Error[]
} {
  const all: Error[] = []
  const innermost: Error[] = []
  const open: unknown[] = [error]
  while (open.length > 0 && all.length < CAUSES_MAX) {
    const one = open.shift()
    if (!(one instanceof Error)) continue
    all.push(one)
    if (one instanceof AggregateError && one.errors.length > 0) open.push(...one.errors)
    else if (one.cause instanceof Error) open.push(one.cause)
    else innermost.push(one)
  }
  return { all, innermost }
}
