/** alerts.yaml: groups of rules in Prometheus's format, or a bare list that becomes one group. */
import { type Problem, Report } from '../../config/report.ts'
import { maybeCount, maybeDuration, text } from '../../config/scalars.ts'
import { entriesOf, listOf, type MapPlace, mapOf, type Shape, scalar } from '../../config/shape.ts'
import { type Mark, parseYaml, type YamlNode } from '../../config/yaml.ts'
import type { Expr } from '../../query/promql/ast.ts'
import { parseExpr } from '../../query/promql/parse.ts'
import { placeInExpr } from './exprplace.ts'

/** Most rules of one file. */
export const RULES_MAX = 2000

const START: Mark = { line: 1, column: 1 }

/** One rule with its expression as a tree. */
export interface Rule {
  readonly group: string
  readonly kind: 'alert' | 'record'
  readonly name: string
  readonly expr: string
  readonly tree: Expr
  /** How long an alert waits before it fires; 0 where it does not. */
  readonly forMs: number
  /** Of an alert; '' of what is recorded. */
  readonly severity: string
  readonly summary: string
  readonly description: string
  readonly mark: Mark
}

/** A rule file. */
export interface RuleFile {
  /** A text that Prometheus loads. */
  readonly text: string
  readonly rules: readonly Rule[]
}

type Pairs = readonly (readonly [string, string])[]

interface RawRule {
  readonly alert: string
  readonly record: string
  readonly expr: Parsed | undefined
  readonly for: number | undefined
  readonly keep_firing_for: number | undefined
  readonly labels: Pairs
  readonly annotations: Pairs
}

interface Parsed {
  readonly text: string
  readonly tree: Expr
}

interface RawGroup {
  readonly name: string
  readonly interval: number | undefined
  readonly query_offset: number | undefined
  readonly limit: number | undefined
  readonly labels: Pairs
  readonly rules: readonly (Omit<Rule, 'group'> | undefined)[]
}

interface Group {
  readonly name: string
  readonly mark: Mark
  readonly rules: readonly Rule[]
}

const expression: Shape<Parsed | undefined> = scalar<Parsed | undefined>(
  'an expression',
  (source) => ({ text: source, tree: parseExpr(source) }),
  undefined,
)

const ruleShape: Shape<Omit<Rule, 'group'> | undefined> = mapOf<
  RawRule,
  Omit<Rule, 'group'> | undefined
>(
  'rule',
  {
    alert: text,
    record: text,
    expr: expression,
    for: maybeDuration,
    keep_firing_for: maybeDuration,
    labels: entriesOf(text),
    annotations: entriesOf(text),
  },
  ({ alert, record, expr, for: forMs = 0, labels, annotations }, { mark }) => {
    if (expr === undefined) return undefined
    return {
      kind: record === '' ? 'alert' : 'record',
      ...{ name: alert || record, expr: expr.text, tree: expr.tree, forMs, mark },
      severity: textOf(labels, 'severity'),
      summary: textOf(annotations, 'summary'),
      description: textOf(annotations, 'description'),
    }
  },
  checkRule,
)

const groupShape: Shape<Group> = mapOf<RawGroup, Group>(
  'group',
  {
    name: text,
    interval: maybeDuration,
    query_offset: maybeDuration,
    limit: maybeCount,
    labels: entriesOf(text),
    rules: listOf(ruleShape, 'an empty rule'),
  },
  ({ name, rules }, { mark }) => {
    const whole = rules.filter((rule) => rule !== undefined)
    return { name, mark, rules: whole.map((rule) => ({ ...rule, group: name })) }
  },
  ({ name }, { mark, report }) => {
    if (name === '') report.error(mark, 'cannot read group: no name')
  },
)

const fileShape: Shape<readonly Group[]> = mapOf<{ groups: readonly Group[] }, readonly Group[]>(
  'rule file',
  { groups: listOf(groupShape, 'an empty group') },
  ({ groups }) => groups,
  ({ groups }, { report }) => {
    const names = new Set<string>()
    for (const { name, mark } of groups) {
      if (names.has(name)) report.error(mark, `cannot read group: a second one named ${name}`)
      names.add(name)
    }
  },
)

/**
 * Reads alerts.yaml.
 *
 * @param name     what the group of a bare list is called
 * @param isStrict whether alerts must have a severity, a summary and a description
 * @returns undefined when the report has got errors
 */
export function readRules(
  source: string,
  name: string,
  report: Report,
  isStrict = true,
): RuleFile | undefined {
  const given = parseYaml(source)
  const wrapped = wrap(source, given.root, name)
  const { root, faults } = wrapped.lines === 0 ? given : parseYaml(wrapped.text)
  const found = new Report(report.file)
  for (const { mark, message } of faults) found.error(mark, message)
  const place = { report: found, dir: '', name: 'rule file', mark: START }
  const groups = fileShape.read(root, place)
  const placed = (problem: Problem): Problem => placeInExpr(wrapped.text, root, problem)
  handOver(found.errors.map(placed), wrapped, report)
  if (isStrict) handOver(found.warnings, wrapped, report)
  const rules = groups.flatMap((group) => group.rules)
  if (report.errors.length === 0 && (rules.length === 0 || rules.length > RULES_MAX)) {
    const message = `${rules.length} rules, wanted 1 to ${RULES_MAX}`
    report.error(START, `cannot read rules: ${message}`)
  }
  return report.errors.length > 0 ? undefined : { text: wrapped.text, rules }
}

interface Wrapped {
  readonly text: string
  /** How many lines stand before the text as it was written. */
  readonly lines: number
  /** How far each of its lines was moved to the right. */
  readonly columns: number
}

/** What a bare list is wrapped into: Prometheus loads no file without `groups:`. */
function wrap(source: string, root: YamlNode | undefined, name: string): Wrapped {
  if (root?.kind !== 'list') return { text: source, lines: 0, columns: 0 }
  const isOfGroups = root.items.some(
    (item) => item.kind === 'map' && item.entries.some(({ key }) => key === 'rules'),
  )
  const head = isOfGroups ? ['groups:'] : ['groups:', `  - name: ${name}`, '    rules:']
  const columns = isOfGroups ? 2 : 6
  const body = source
    .split('\n')
    .map((line) => line.replace(/^---(?=\s|$)|^\.\.\.\s*$/, ''))
    .map((line) => (line.trim() === '' ? '' : ' '.repeat(columns) + line))
  return { text: [...head, ...body].join('\n'), lines: head.length, columns }
}

/** Reports what was found in the wrapped text at the places of the text as it was written. */
function handOver(problems: readonly Problem[], { lines, columns }: Wrapped, into: Report): void {
  for (const { line, column, message } of problems) {
    const mark = { line: Math.max(1, line - lines), column: Math.max(1, column - columns) }
    into.error(mark, message)
  }
}

function checkRule(raw: RawRule, place: MapPlace): void {
  const { report, mark } = place
  const hasOneName = (raw.alert === '') !== (raw.record === '')
  if (!hasOneName) report.error(mark, 'cannot read rule: wanted either alert or record')
  if (!place.has('expr')) report.error(mark, `cannot read rule ${raw.alert || raw.record}: no expr`)
  if (raw.record !== '') {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(raw.record)) {
      report.error(place.at('record'), `cannot read rule: ${raw.record} is no metric name`)
    }
    if (raw.annotations.length > 0 || place.has('for')) {
      report.error(mark, 'cannot read rule: only an alert has for and annotations')
    }
    return
  }
  for (const [key, pairs, wanted] of [
    ['labels', raw.labels, 'severity'],
    ['annotations', raw.annotations, 'summary'],
    ['annotations', raw.annotations, 'description'],
  ] as const) {
    if (textOf(pairs, wanted) !== '') continue
    report.warn(place.at(key), `cannot read alert ${raw.alert}: no ${wanted} among its ${key}`)
  }
}

/** '' for one that is not there. */
function textOf(pairs: Pairs, wanted: string): string {
  return pairs.find(([name]) => name === wanted)?.[1] ?? ''
}
