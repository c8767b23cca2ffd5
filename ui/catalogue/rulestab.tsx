/** Alerting rules of an entry: a list to read, and the file. */
import type { JSX } from 'preact'
import type { EntryDetail, RuleCheck } from '../../src/model/catalogue.ts'
import { describeDuration } from '../format/duration.ts'
import { CodeBox } from '../shell/codebox.tsx'
import { CheckBadge, Misses } from './check.tsx'

const LOOK_OF_SEVERITY: Readonly<Record<string, string>> = {
  critical: 'bad',
  page: 'bad',
  warning: 'warn',
}

export function RulesTab({ entry }: { readonly entry: EntryDetail }): JSX.Element {
  const { rules, files, metrics } = entry
  return (
    <div class="entry-parts">
      <ul class="card checks" aria-label="Rules">
        {rules.map((rule, index) => (
          <Rule key={index} rule={rule} hasSample={metrics.length > 0} />
        ))}
      </ul>
      <CodeBox title="alerts.yaml" text={files.alerts} look="numbered" />
      {files.alertTests !== '' && (
        <CodeBox title="alerts_test.yaml" text={files.alertTests} look="numbered" />
      )}
    </div>
  )
}

function Rule({ rule, hasSample }: { rule: RuleCheck; hasSample: boolean }): JSX.Element {
  const { name, kind, severity, forMs, expr, summary, description, needs, isVerified } = rule
  const isTold = Object.hasOwn(LOOK_OF_SEVERITY, severity)
  return (
    <li class="check">
      <div class="check-head">
        <h2>{name}</h2>
        {severity !== '' && (
          <span class={`badge ${isTold ? LOOK_OF_SEVERITY[severity] : ''}`}>{severity}</span>
        )}
        {kind === 'record' && <span class="badge">recorded</span>}
        {kind === 'alert' && (
          <span class="soft">{forMs > 0 ? `for ${describeDuration(forMs)}` : 'at once'}</span>
        )}
        <span class="check-result">
          <CheckBadge isVerified={isVerified} hasSample={hasSample} />
        </span>
      </div>
      {summary !== '' && <p>{summary}</p>}
      {description !== '' && <p class="soft">{description}</p>}
      <CodeBox text={expr.trim()} look="wrapped" />
      {hasSample && <Misses needs={needs} />}
    </li>
  )
}
