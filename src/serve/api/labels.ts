/** GET|POST /api/v1/series, labels and GET label/<name>/values. */
import { NarthexError } from '../../base/error.ts'
import type { LabelQuery, Querier } from '../../model/querier.ts'
import type { Reply } from '../../net/server/message.ts'
import { successBytes } from './envelope.ts'
import {
  invalidParam,
  readLimit,
  readOptionalTimeMs,
  readSelectors,
  TIME_MS_MAX,
  TIME_MS_MIN,
} from './params.ts'
import type { Question } from './query.ts'

export interface LabelDeps {
  readonly querier: Querier
  /** ms of a question about labels. */
  readonly labelTimeoutMs: number
}

/** Label sets of series. */
export async function handleSeries(ask: Question, deps: LabelDeps): Promise<Reply> {
  if (!ask.params.has('match[]')) {
    throw new NarthexError('bad_data', 'no match[] parameter provided')
  }
  return answerLabels({ kind: 'series', ...readRange(ask.params) }, ask, deps)
}

/** Label names. */
export async function handleLabelNames(ask: Question, deps: LabelDeps): Promise<Reply> {
  return answerLabels({ kind: 'names', ...readRange(ask.params) }, ask, deps)
}

/**
 * Values of one label.
 *
 * @param segment the name in the address, `U__…` for names that are not plain
 */
export async function handleLabelValues(
  segment: string,
  ask: Question,
  deps: LabelDeps,
): Promise<Reply> {
  const name = unescapeName(segment)
  if (name === '' || !name.isWellFormed()) {
    throw new NarthexError('bad_data', `invalid label name: ${JSON.stringify(name)}`)
  }
  return answerLabels({ kind: 'values', name, ...readRange(ask.params) }, ask, deps)
}

async function answerLabels(query: LabelQuery, ask: Question, deps: LabelDeps): Promise<Reply> {
  const options = { timeoutMs: deps.labelTimeoutMs, signal: ask.signal }
  try {
    return successBytes((await deps.querier.labels(query, options)).body)
  } catch (error) {
    if (error instanceof NarthexError && error.kind === 'bad_data') {
      throw invalidParam('match[]', error)
    }
    throw error
  }
}

function readRange(
  params: URLSearchParams,
): Pick<LabelQuery, 'sets' | 'fromMs' | 'toMs' | 'limit'> {
  const limit = readLimit(params)
  const fromMs = readOptionalTimeMs(params, 'start', TIME_MS_MIN)
  const toMs = readOptionalTimeMs(params, 'end', TIME_MS_MAX)
  return { sets: readSelectors(params), fromMs, toMs, limit }
}

/**
 * The name that `U__` escapes stand for: `__` is `_`, `_hex_` a code point. A name that is not
 * escaped, or not well, stands for itself.
 *
 * @source Prometheus model.UnescapeName
 */
export function unescapeName(name: string): string {
  if (!name.startsWith('U__')) return name
  let plain = ''
  for (let i = 3; i < name.length; i++) {
    if (name[i] !== '_') {
      plain += name[i]
      continue
    }
    const end = name.indexOf('_', i + 1)
    if (end === i + 1) plain += '_'
    else {
      const hex = end < 0 ? '' : name.slice(i + 1, end)
      const code = /^[0-9a-fA-F]{1,6}$/.test(hex) ? Number.parseInt(hex, 16) : -1
      if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return name
      plain += String.fromCodePoint(code)
    }
    i = end
  }
  return plain
}
