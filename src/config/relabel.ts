/** Relabelling: rules that rewrite, keep or drop a label set, with the actions of Prometheus 3. */
import { createHash } from 'node:crypto'
import { NarthexError } from '../base/error.ts'
import {
  compileRegex,
  compileReplacing,
  type ReplacingRegex,
  type TextTest,
} from '../base/regex.ts'
import { type Labels, labelsFrom, labelValue } from '../model/labels.ts'

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const

export type RelabelAction = (typeof RELABEL_ACTIONS)[number]

/** The regular expression of a rule that has none. */
const DEFAULT_RELABEL_REGEX = '(.*)'

/** A rule as it is written, defaults filled in. */
export interface RelabelFields {
  readonly action: RelabelAction
  readonly sourceLabels: readonly string[]
  readonly separator: string
  readonly targetLabel: string
  readonly regex: string
  /** 1..2^64-1 for hashmod, else 0n */
  readonly modulus: bigint
  readonly replacement: string
  /** Which label names a replacement may make. */
  readonly nameValidation: 'utf8' | 'legacy'
}

/** A rule ready to run. */
export interface RelabelRule extends RelabelFields {
  readonly matches: TextTest
  readonly expand: ReplacingRegex['expand']
}

/** What a rule has where the file says nothing. */
export const DEFAULT_RELABEL: RelabelFields = Object.freeze({
  action: 'replace',
  sourceLabels: [],
  separator: ';',
  targetLabel: '',
  regex: DEFAULT_RELABEL_REGEX,
  modulus: 0n,
  replacement: '$1',
  nameValidation: 'utf8',
})

/**
 * Makes a rule from its fields.
 *
 * @throws NarthexError `bad_data` for an expression that RE2 refuses
 */
export function compileRelabel(fields: Partial<RelabelFields>): RelabelRule {
  const full = { ...DEFAULT_RELABEL, ...fields }
  if (full.action === 'hashmod' && full.modulus < 1n) {
    throw new NarthexError('bad_data', 'cannot compile relabel rule: hashmod has no modulus')
  }
  const matches = compileRegex(full.regex).test
  const expand = compileExpand(full.regex)
  return Object.freeze({ ...full, matches, expand })
}

/**
 * Applies rules in order.
 *
 * @returns the resulting labels, `labels` itself when nothing changed, undefined when a rule drops
 *   them
 * @source Prometheus model/relabel
 */
export function relabel(labels: Labels, rules: readonly RelabelRule[]): Labels | undefined {
  const draft = new Draft(labels)
  for (const rule of rules) if (!applyRule(draft, rule)) return undefined
  return draft.finish()
}

/** A label set being rewritten; copied only when a rule changes it. */
class Draft {
  readonly #from: Labels
  #changed: Map<string, string> | undefined

  constructor(labels: Labels) {
    this.#from = labels
  }

  get(name: string): string {
    if (this.#changed === undefined) return labelValue(this.#from, name)
    return this.#changed.get(name) ?? ''
  }

  set(name: string, value: string): void {
    if (this.get(name) === value) return
    const map = this.#own()
    if (value === '') map.delete(name)
    else map.set(name, value)
  }

  /** The pairs as they are now; later changes do not show in it. */
  pairs(): (readonly [string, string])[] {
    const pairs: [string, string][] = []
    if (this.#changed !== undefined) pairs.push(...this.#changed)
    else {
      for (let i = 0; i < this.#from.length; i += 2) pairs.push([this.#from[i], this.#from[i + 1]])
    }
    return pairs
  }

  finish(): Labels {
    return this.#changed === undefined ? this.#from : labelsFrom(this.#changed)
  }

  #own(): Map<string, string> {
    this.#changed ??= new Map(this.pairs())
    return this.#changed
  }
}

/** Runs one rule; false when the label set is to be dropped. */
function applyRule(draft: Draft, rule: RelabelRule): boolean {
  switch (rule.action) {
    case 'drop':
      return !rule.matches(sourceValue(draft, rule))
    case 'keep':
      return rule.matches(sourceValue(draft, rule))
    case 'dropequal':
      return draft.get(rule.targetLabel) !== sourceValue(draft, rule)
    case 'keepequal':
      return draft.get(rule.targetLabel) === sourceValue(draft, rule)
    case 'replace':
      replace(draft, rule)
      return true
    case 'lowercase':
      draft.set(
        rule.targetLabel,
        mapRunes(sourceValue(draft, rule), (rune) => rune.toLowerCase()),
      )
      return true
    case 'uppercase':
      draft.set(
        rule.targetLabel,
        mapRunes(sourceValue(draft, rule), (rune) => rune.toUpperCase()),
      )
      return true
    case 'hashmod':
      draft.set(rule.targetLabel, hashModulo(sourceValue(draft, rule), rule.modulus))
      return true
    case 'labelmap':
      for (const [name, value] of draft.pairs()) {
        const mapped = rule.expand(name, rule.replacement)
        if (mapped !== undefined && mapped !== '') draft.set(mapped, value)
      }
      return true
    case 'labeldrop':
      for (const [name] of draft.pairs()) if (rule.matches(name)) draft.set(name, '')
      return true
    case 'labelkeep':
      for (const [name] of draft.pairs()) if (!rule.matches(name)) draft.set(name, '')
      return true
  }
}

function sourceValue(draft: Draft, rule: RelabelRule): string {
  const names = rule.sourceLabels
  if (names.length === 1) return draft.get(names[0])
  let text = ''
  for (let i = 0; i < names.length; i++) {
    text += i === 0 ? draft.get(names[i]) : rule.separator + draft.get(names[i])
  }
  return text
}

function replace(draft: Draft, rule: RelabelRule): void {
  const source = sourceValue(draft, rule)
  const target = rule.targetLabel.includes('$')
    ? rule.expand(source, rule.targetLabel)
    : rule.targetLabel
  if (target === undefined || !isLabelName(target, rule.nameValidation)) return
  const value = rule.expand(source, rule.replacement)
  if (value !== undefined) draft.set(target, value)
}

/** Whether a text may be a label name under the scheme. */
export function isLabelName(name: string, scheme: 'utf8' | 'legacy'): boolean {
  if (scheme === 'legacy') return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
  return name !== '' && name.isWellFormed()
}

/** Changes case code point by code point, as Go does: `ß` stays, no context, length is kept. */
function mapRunes(text: string, change: (rune: string) => string): string {
  let mapped = ''
  for (const rune of text) {
    const changed = change(rune)
    mapped += changed.length === rune.length ? changed : rune
  }
  return mapped
}

/**
 * The last 8 bytes of the MD5 sum as a big-endian number, modulo `modulus`: Prometheus's sharding.
 */
function hashModulo(text: string, modulus: bigint): string {
  const sum = createHash('md5').update(text).digest()
  return String(sum.readBigUInt64BE(8) % modulus)
}

/**
 * Expansion with the default expression done by hand: it always matches and group 1 is the text.
 */
function compileExpand(regex: string): ReplacingRegex['expand'] {
  const program = compileReplacing(regex)
  if (regex !== DEFAULT_RELABEL_REGEX) return (text, template) => program.expand(text, template)
  return (text, template) => {
    if (!template.includes('$')) return template
    if (template === '$1') return text
    return program.expand(text, template)
  }
}
