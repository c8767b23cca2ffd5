/** GET /api/v1/rules, alerts and alertmanagers, where no rule and no receiver is configured. */
import type { Reply } from '../../net/server/message.ts'
import { success } from './envelope.ts'
import { invalidParam } from './params.ts'

const RULE_TYPES: ReadonlySet<string> = new Set(['', 'alert', 'record'])

/** Groups of rules: none run here. */
export function handleRules(params: URLSearchParams): Reply {
  const type = (params.get('type') ?? '').toLowerCase()
  if (!RULE_TYPES.has(type))
    throw invalidParam('type', `not supported value ${JSON.stringify(type)}`)
  return success({ groups: [] })
}

/** Alerts: without rules there are none. */
export function handleAlerts(): Reply {
  return success({ alerts: [] })
}

/** Receivers of alerts: there are none. */
export function handleAlertmanagers(): Reply {
  return success({ activeAlertmanagers: [], droppedAlertmanagers: [] })
}
