/** Samples as lines of /api/v1/import, each a JSON object. */
import type { Labels } from '../../model/labels.ts'
import type { TextFormat } from '../http/textsamples.ts'

/** JSON has no infinities, but numbers that are too large to be any other. */
const BEYOND = '1e999'

/** NaN is null there and thrown away, so that no NaN, staleness markers among them, can be sent. */
export const IMPORT_LINES: TextFormat = {
  compose: composeHead,
  isUnique: false,
  admits: (value) => !Number.isNaN(value),
  write(body, { bytes, from, to }, value, timeMs) {
    body.raw(bytes, from, to)
    if (Number.isFinite(value)) body.number(value)
    else body.ascii(value > 0 ? BEYOND : `-${BEYOND}`)
    body.ascii('],"timestamps":[')
    body.time(timeMs)
    body.ascii(']}\n')
  },
  end: '',
}

/** By hand, as a record would put names that are numbers first. */
function composeHead(labels: Labels): string {
  const pairs: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push(`${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`)
  }
  return `{"metric":{${pairs.join(',')}},"values":[`
}
