/** Holds rules and panels against a sample: what each needs, what is there, and the sums. */
import type { Need, PanelCheck, RuleCheck, Share } from '../../model/catalogue.ts'
import type { Dashboard, Panel } from './dashboard.ts'
import { type Ground, judge, NO_SAMPLE, NOT_IN_SAMPLE } from './needs.ts'
import type { Rule } from './rules.ts'

/** What came of it. */
export interface Verification {
  readonly rules: readonly RuleCheck[]
  readonly panels: readonly PanelCheck[]
  /** Needs of rules, panels and variables that are not there and have no written reason. */
  readonly unexplained: readonly Missing[]
  /** Metrics with a reason that nothing needs, or that are there. */
  readonly needless: readonly string[]
}

/** A metric that is missing without a written reason. */
export interface Missing {
  /** `alert MysqlDown`, `panel Queries`, `variable job` */
  readonly of: string
  readonly metric: string
}

/**
 * @param names  metric names of the exporter; empty where nothing was recorded
 * @param misses reasons by metric
 */
export function verify(
  rules: readonly Rule[],
  dashboard: Dashboard,
  names: ReadonlySet<string>,
  misses: ReadonlyMap<string, string>,
): Verification {
  const ground: Ground = { names, misses, recorded: settleRecorded(rules, names, misses) }
  const needs: { of: string; need: Need }[] = []
  const note = (of: string, all: readonly Need[]): void => {
    for (const need of all) needs.push({ of, need })
  }
  const ruleChecks = rules.map((rule) => {
    const check = checkRule(rule, ground)
    note(`${rule.kind} ${rule.name}`, check.needs)
    return check
  })
  const panelChecks = dashboard.panels.map((panel) => {
    const check = checkPanel(panel, ground)
    note(`panel ${panel.title}`, check.needs)
    return check
  })
  for (const { variable, tree } of dashboard.variables) {
    note(`variable ${variable}`, judge(tree, ground).needs)
  }
  const asked = new Map(needs.map(({ need }) => [need.metric, need]))
  return {
    rules: ruleChecks,
    panels: panelChecks,
    unexplained: needs
      .filter(({ need: { reason } }) => reason === NOT_IN_SAMPLE || reason === NO_SAMPLE)
      .map(({ of, need: { metric } }) => ({ of, metric })),
    needless: [...misses.keys()].filter((metric) => asked.get(metric)?.isThere !== false),
  }
}

/** How many of the checks ended well. */
export function shareOf(checks: readonly { readonly isVerified: boolean }[]): Share {
  return { ok: checks.filter(({ isVerified }) => isVerified).length, all: checks.length }
}

/** Which recording rules have what they need; they may need each other, in any order. */
function settleRecorded(
  rules: readonly Rule[],
  names: ReadonlySet<string>,
  misses: ReadonlyMap<string, string>,
): ReadonlyMap<string, boolean> {
  const recording = rules.filter(({ kind }) => kind === 'record')
  const recorded = new Map(recording.map(({ name }) => [name, false]))
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    for (const { name, tree } of recording) {
      if (recorded.get(name) === true) continue
      if (!judge(tree, { names, misses, recorded }).isVerified) continue
      recorded.set(name, true)
      isSettled = false
    }
  }
  return recorded
}

function checkRule({ tree, mark: _, ...rule }: Rule, ground: Ground): RuleCheck {
  const { needs, isVerified } = judge(tree, ground)
  return { ...rule, needs, isVerified: isVerified && wasRecorded(ground) }
}

function checkPanel(panel: Panel, ground: Ground): PanelCheck {
  const { row, title, exprs, trees, fault } = panel
  const judged = trees.map((tree) => judge(tree, ground))
  const needs = new Map(judged.flatMap((each) => each.needs).map((need) => [need.metric, need]))
  const canAnswer = fault === '' && judged.every((each) => each.isVerified)
  const isVerified = canAnswer && wasRecorded(ground)
  return { row, title, exprs, needs: [...needs.values()], isVerified, fault }
}

/** Without a sample even what asks for nothing but `up` was never held against the exporter. */
function wasRecorded({ names }: Ground): boolean {
  return names.size > 0
}
