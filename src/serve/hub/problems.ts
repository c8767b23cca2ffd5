/** The answer to what is not taken: one sentence, and every problem by its place. */
import type { Problem } from '../../model/registry.ts'
import type { Reply } from '../../net/server/message.ts'

/** @param what such as `group "web"`; at least one problem */
export function refuse(what: string, problems: readonly Problem[]): Reply {
  const [{ index, field, reason }] = problems
  const place = [index < 0 ? '' : `[${index}]`, field].filter((part) => part !== '').join('.')
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  const error = `cannot take ${what}: ${place === '' ? '' : `${place}: `}${reason}${more}`
  const body = JSON.stringify({ status: 'error', errorType: 'bad_data', error, problems })
  return { status: 422, type: 'application/json', body }
}
