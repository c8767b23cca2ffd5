/** Variables of dashboards, replaced so that what is left is PromQL whose metric names can be told. */

/** Stands for what a variable puts into a bare name; no metric has it in its own name. */
const HOLE = '__hole__'

/** What a name may be where a hole is. */
export const ANYTHING = '.+'

/** Durations that Grafana works out itself. */
const BUILT_IN: Readonly<Record<string, string>> = {
  __rate_interval: '5m',
  __interval: '1m',
  __range: '1h',
  __interval_ms: '60000',
  __range_s: '3600',
  __range_ms: '3600000',
  __from: '0',
  __to: '3600000',
}

/** A variable of a dashboard. */
export interface Variable {
  readonly name: string
  /** What it stands for where that is fixed or typed in; undefined where targets are asked. */
  readonly value: string | undefined
}

/** `$name`, `${name}`, `${name:format}`, `[[name]]` and `[[name:format]]`. */
const REFERENCE = /\$(\w+)|\$\{(\w+)(?:[:.][^}]*)?\}|\[\[(\w+)(?::[^\]]*)?\]\]/y

/**
 * The expression with a value for each variable that is known. In a text in quotes and in a name it
 * is one that leaves open what stands there, in a duration it is one.
 */
export function fillVariables(expr: string, variables: ReadonlyMap<string, Variable>): string {
  let filled = ''
  let quote = ''
  let isInRange = false
  for (let at = 0; at < expr.length; ) {
    REFERENCE.lastIndex = at
    const found = REFERENCE.exec(expr)
    const name = found === null ? '' : (found[1] ?? found[2] ?? found[3])
    const isKnown = Object.hasOwn(BUILT_IN, name) || variables.has(name)
    if (found !== null && isKnown) {
      filled += fillOf(name, variables, quote !== '', isInRange)
      at = REFERENCE.lastIndex
      continue
    }
    const c = expr[at]
    if (quote !== '') {
      if (c === '\\' && quote !== '`') filled += expr[at++]
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'" || c === '`') quote = c
    else if (c === '[') isInRange = true
    else if (c === ']') isInRange = false
    filled += expr[at++] ?? ''
  }
  return filled
}

function fillOf(
  name: string,
  variables: ReadonlyMap<string, Variable>,
  isQuoted: boolean,
  isInRange: boolean,
): string {
  if (Object.hasOwn(BUILT_IN, name)) return BUILT_IN[name]
  const value = variables.get(name)?.value
  if (value !== undefined) return value
  if (isQuoted) return ANYTHING
  return isInRange ? '5m' : HOLE
}

/** A metric name in which holes are; undefined for one that is written out. */
export function patternOf(name: string): string | undefined {
  if (!name.includes(HOLE) && !name.includes(ANYTHING)) return undefined
  return name.replaceAll(HOLE, ANYTHING)
}
