/** Relabel rules as files hold them, with the checks of Prometheus 3. */
import { messageOf, NarthexError } from '../base/error.ts'
import { compileReplacing } from '../base/regex.ts'
import {
  compileRelabel,
  DEFAULT_RELABEL,
  isLabelName,
  RELABEL_ACTIONS,
  type RelabelAction,
  type RelabelFields,
  type RelabelRule,
} from './relabel.ts'
import type { Report } from './report.ts'
import { bigCount, labelName, text } from './scalars.ts'
import { listOf, type MapPlace, mapOf, type Shape, scalar } from './shape.ts'
import { type Mark, quoteText, type YamlNode } from './yaml.ts'

/** A rule that still has to learn which names its job allows. */
export interface DraftRule {
  readonly fields: RelabelFields
  readonly mark: Mark
}

interface RawRule {
  readonly source_labels: readonly string[]
  readonly separator: string
  readonly regex: string
  readonly modulus: bigint
  readonly target_label: string
  readonly replacement: string
  readonly action: RelabelAction
}

const namedAction = scalar<RelabelAction>(
  'an action',
  (value) => {
    const name = value.toLowerCase()
    const known = RELABEL_ACTIONS.find((candidate) => candidate === name)
    if (known !== undefined) return known
    const message =
      name === '' ? 'relabel action cannot be empty' : `unknown relabel action ${quoteText(value)}`
    throw new NarthexError('bad_data', message)
  },
  'replace',
  { text: (value) => value.toLowerCase(), absent: 'replace' },
)

const regex = scalar(
  'a regular expression',
  (value) => {
    try {
      compileReplacing(value)
      return value
    } catch (error) {
      if (!(error instanceof NarthexError)) throw error
      throw new NarthexError('bad_data', `error parsing regexp: ${messageOf(error)}`)
    }
  },
  DEFAULT_RELABEL.regex,
  { absent: DEFAULT_RELABEL.regex },
)

const ruleMap = mapOf<RawRule, DraftRule>(
  'relabel.plain',
  {
    source_labels: listOf(labelName),
    separator: scalar('a text', (value) => value, ';', { absent: ';' }),
    regex,
    modulus: bigCount,
    target_label: text,
    replacement: scalar('a text', (value) => value, '$1', { absent: '$1' }),
    action: namedAction,
  },
  (raw, place) => ({
    mark: place.mark,
    fields: {
      action: raw.action,
      sourceLabels: raw.source_labels,
      separator: raw.separator,
      targetLabel: raw.target_label,
      regex: raw.regex,
      modulus: raw.modulus,
      replacement: raw.replacement,
      nameValidation: 'utf8',
    },
  }),
  checkRule,
)

/** One rule. An action that is there but empty is refused, unlike any other empty key. */
const rule: Shape<DraftRule> = {
  read(node, place) {
    const emptied = actionOf(node)
    if (emptied?.kind === 'scalar' && emptied.isNull) {
      place.report.error(emptied.mark, 'relabel action cannot be empty')
    }
    return ruleMap.read(node, place)
  },
  show: (node) => ruleMap.show(node),
}

function actionOf(node: YamlNode | undefined): YamlNode | undefined {
  return node?.kind === 'map'
    ? node.entries.find((entry) => entry.key === 'action')?.value
    : undefined
}

/** A list of rules; `nullMessage` refuses an empty entry. */
export function rulesOf(nullMessage: string): Shape<readonly DraftRule[]> {
  return listOf(rule, nullMessage)
}

const NEEDS_TARGET: readonly RelabelAction[] = [
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]
const KEEPS_TEXT: readonly RelabelAction[] = ['lowercase', 'uppercase', 'keepequal', 'dropequal']

/** @source Prometheus model/relabel, Config.Validate */
function checkRule(raw: RawRule, place: MapPlace): void {
  const { action } = raw
  const refuse = (key: string, message: string): void => place.report.error(place.at(key), message)
  if (action === 'hashmod' && raw.modulus === 0n) {
    refuse('modulus', 'relabel configuration for hashmod requires non-zero modulus')
  }
  if (NEEDS_TARGET.includes(action) && raw.target_label === '') {
    refuse('action', `relabel configuration for ${action} action requires 'target_label' value`)
  } else if (NEEDS_TARGET.includes(action) && !isLabelName(raw.target_label, 'utf8')) {
    refuse(
      'target_label',
      `${quoteText(raw.target_label)} is invalid 'target_label' for ${action} action`,
    )
  }
  if (KEEPS_TEXT.includes(action) && raw.replacement !== DEFAULT_RELABEL.replacement) {
    refuse('replacement', `'replacement' can not be set for ${action} action`)
  }
  if (action === 'labelmap' && !isLabelName(raw.replacement, 'utf8')) {
    refuse(
      'replacement',
      `${quoteText(raw.replacement)} is invalid 'replacement' for ${action} action`,
    )
  }
  checkExtraFields(raw, refuse)
}

function checkExtraFields(raw: RawRule, refuse: (key: string, message: string) => void): void {
  const { action } = raw
  const other =
    raw.modulus !== 0n ||
    raw.separator !== DEFAULT_RELABEL.separator ||
    raw.replacement !== DEFAULT_RELABEL.replacement
  if (action === 'dropequal' || action === 'keepequal') {
    if (other || raw.regex !== DEFAULT_RELABEL.regex) {
      refuse(
        'action',
        `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`,
      )
    }
  } else if (action === 'labeldrop' || action === 'labelkeep') {
    if (other || raw.source_labels.length > 0 || raw.target_label !== '') {
      refuse('action', `${action} action requires only 'regex', and no other fields`)
    }
  }
}

/** The rules ready to run under a job's naming; faults go to the report. */
export function finishRules(
  drafts: readonly DraftRule[],
  nameValidation: 'utf8' | 'legacy',
  report: Report,
): readonly RelabelRule[] {
  const rules: RelabelRule[] = []
  for (const { fields, mark } of drafts) {
    const { action, targetLabel } = fields
    const fixed = NEEDS_TARGET.includes(action) && !/\$[{\w]/.test(targetLabel)
    if (fixed && targetLabel !== '' && !isLabelName(targetLabel, nameValidation)) {
      report.error(mark, `${quoteText(targetLabel)} is invalid 'target_label' for ${action} action`)
    } else if (action !== 'hashmod' || fields.modulus > 0n) {
      rules.push(compileRelabel({ ...fields, nameValidation }))
    }
  }
  return rules
}
