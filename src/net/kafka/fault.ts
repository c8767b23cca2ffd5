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
  const inner = causesOf(error)
  const ids = inner.map((one) => ('apiId' in one ? String(one.apiId) : '')).filter(Boolean)
  const refusal = ids.find((id) => REFUSALS.has(id))
  const message = inner.map(messageOf).join('; ') || messageOf(error)
  if (refusal !== undefined) return { isRetryable: false, reason: refusal.toLowerCase(), message }
  if (ids.length > 0) return { isRetryable: true, reason: ids[0].toLowerCase(), message }
  const code = inner.map((one) => ('code' in one ? REASONS[String(one.code)] : undefined))
  return { isRetryable: true, reason: code.find(Boolean) ?? 'kafka', message }
}

/** Whether one of the causes is this error of the protocol. */
export function isKafkaError(error: unknown, apiId: string): boolean {
  return error instanceof Error && findErrorBy(error, 'apiId', apiId) !== null
}

/** The errors at the ends of the tree of causes. */
function causesOf(error: unknown): readonly Error[] {
  const found: Error[] = []
  const open: unknown[] = [error]
  for (let looked = 0; open.length > 0 && looked < CAUSES_MAX; looked++) {
    const one = open.shift()
    if (one instanceof AggregateError && one.errors.length > 0) open.push(...one.errors)
    else if (one instanceof Error && one.cause instanceof Error) open.push(one.cause)
    else if (one instanceof Error) found.push(one)
  }
  return found
}
