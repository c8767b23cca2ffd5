/** How entries of the catalogue look in answers. */
import {
  listOf,
  mapOf,
  named,
  number,
  oneOfTexts,
  optional,
  record,
  type Schema,
  text,
  truth,
  whole,
} from '../openapi/schema.ts'

const share = named('Share', record({ ok: whole, all: whole }))

const need = named('Need', record({ metric: text, isThere: truth, reason: text }))

const summary = record({
  ...{ name: text, title: text, category: text, description: text, official: truth },
  ...{ port: whole, upstream: text },
  content: record({ E: truth, I: truth, A: truth, G: truth }),
  verified: record({ rules: share, panels: share, on: text }),
})

const rule = record({
  ...{ group: text, kind: oneOfTexts('alert', 'record'), name: text, expr: text, forMs: whole },
  ...{ severity: text, summary: text, description: text, needs: listOf(need), isVerified: truth },
})

const panel = record({
  ...{ row: text, title: text, exprs: listOf(text), needs: listOf(need) },
  ...{ isVerified: truth, fault: text },
})

const files = record({
  ...{ readme: text, helm: text, alerts: text, alertTests: text, dashboard: text, sample: text },
})

const standing = record({
  ...{ views: whole, installs: whole, popularity: whole, trend: number },
  ...{ addedMs: whole, changedMs: whole, isNew: truth },
})

const match = named('EntryMatch', record({ kind: oneOfTexts('alert', 'metric'), text }))

/** As lists show it. */
export const LISTED_ENTRY: Schema = named(
  'ListedEntry',
  optional(record({ ...summary.properties, ...standing.properties }), { matches: listOf(match) }),
)

/** All of it. */
export const ENTRY_DETAIL: Schema = named(
  'EntryDetail',
  optional(
    record({
      ...summary.properties,
      ...standing.properties,
      ...{ path: text, recognise: listOf(text), misses: mapOf(text), sources: mapOf(text), files },
      metrics: listOf(named('SampleMetric', record({ name: text, type: text, help: text }))),
      rules: listOf(named('RuleCheck', rule)),
      panels: listOf(named('PanelCheck', panel)),
    }),
    { recorded: record({ version: text, with: text }) },
  ),
)
