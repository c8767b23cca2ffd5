/** Bodies that are taken as a whole, or refused with every reason why not. */
import { messageOf, NarthexError } from '../../base/error.ts'
import type { Outcome, Problem } from '../../model/registry.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** 200 with what came of a body, 422 with every reason why it is not taken. */
export async function answer<T>(
  body: Uint8Array,
  what: string,
  take: (value: unknown) => Promise<Outcome<T>>,
): Promise<Reply> {
  let value: unknown
  try {
    value = parseBody(body)
  } catch (error) {
    return refuse(what, [{ index: -1, field: '', reason: messageOf(error) }])
  }
  const outcome = await take(value)
  return 'problems' in outcome ? refuse(what, outcome.problems) : success(outcome.done)
}

/** 422 with every problem. */
export function refuse(what: string, problems: readonly Problem[]): Reply {
  const [{ index, field, reason }] = problems
  const place = [index < 0 ? '' : `[${index}]`, field].filter((part) => part !== '').join('.')
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  const error = `cannot take ${what}: ${place === '' ? '' : `${place}: `}${reason}${more}`
  const body = JSON.stringify({ status: 'error', errorType: 'bad_data', error, problems })
  return { status: 422, type: 'application/json', body }
}

/** JSON. @throws NarthexError `bad_data` */
export function parseBody(body: Uint8Array): unknown {
  const text = decodeText(body)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read JSON: ${messageOf(error)}`, error)
  }
}

/** @throws NarthexError `bad_data` */
export function decodeText(body: Uint8Array): string {
  try {
    return UTF8.decode(body)
  } catch (error) {
    throw new NarthexError('bad_data', 'cannot read text: it is no UTF-8', error)
  }
}

/** The version that the editor saw, by If-Match; If-None-Match: * wants none to be there. */
export function readSeenVersion(ask: Pick<Ask, 'header'>): number | undefined {
  if (ask.header('if-none-match') === '*') return 0
  const tag = ask.header('if-match')
  if (tag === undefined || tag === '*') return undefined
  const version = /^"(\d{1,9})"$/.exec(tag)?.[1]
  if (version !== undefined) return Number(version)
  throw new NarthexError('bad_data', 'cannot use If-Match: wanted the ETag of the document')
}
