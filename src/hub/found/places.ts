/** Which targets have which metrics now, told by whoever answers questions about samples. */
import { NarthexError } from '../../base/error.ts'
import type { MetricPlaces, TargetKey } from '../../model/found.ts'
import { METRIC_NAME } from '../../model/labels.ts'

/** Names of one question: its text stays far below what is taken anywhere. */
const NAMES_MAX = 200

/** What a metric may be called that is asked for; all of the catalogue are. */
const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** Asks one expression for now. @returns the body of an answer of the Prometheus API */
export type AskNow = (expr: string) => Promise<Uint8Array>

interface Answered {
  readonly data: {
    readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[]
  }
}

/** One question for many names: how often a target has a metric does not matter, only whether. */
export function metricPlaces(ask: AskNow): MetricPlaces {
  return {
    async targetsWith(metrics) {
      const names = metrics.filter((name) => PLAIN_NAME.test(name))
      const places = new Map<string, TargetKey[]>()
      for (let at = 0; at < names.length; at += NAMES_MAX) {
        const pattern = names.slice(at, at + NAMES_MAX).join('|')
        const expr = `group by (${METRIC_NAME}, job, instance) ({${METRIC_NAME}=~"${pattern}"})`
        for (const { metric } of readAnswer(await ask(expr))) {
          const { job = '', instance = '', [METRIC_NAME]: name } = metric
          const known = places.get(name)
          if (known === undefined) places.set(name, [{ job, instance }])
          else known.push({ job, instance })
        }
      }
      return places
    },
  }
}

function readAnswer(body: Uint8Array): Answered['data']['result'] {
  const { data } = JSON.parse(new TextDecoder().decode(body)) as Partial<Answered>
  if (Array.isArray(data?.result)) return data.result
  throw new NarthexError('execution', 'cannot find exporters: the answer is no vector')
}
