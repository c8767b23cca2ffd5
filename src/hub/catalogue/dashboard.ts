/** dashboard.json: the panels of a Grafana dashboard with the queries that they ask. */
import { NarthexError } from '../../base/error.ts'
import type { Report } from '../../config/report.ts'
import type { Expr } from '../../query/promql/ast.ts'
import { parseExpr } from '../../query/promql/parse.ts'
import { checkJson, JsonFault, JsonPlaces, type Path } from './jsonplaces.ts'
import { fillVariables, type Variable } from './template.ts'

/** Most panels and queries of one dashboard, and how deep rows are looked into. */
export const PANELS_MAX = 1000
export const QUERIES_MAX = 5000
/** Most faults of one dashboard that are told. */
const FAULTS_MAX = 100
const ROW_DEPTH_MAX = 4

/** One panel that asks for metrics. */
export interface Panel {
  /** Title of the row that it stands in; '' for none. */
  readonly row: string
  readonly title: string
  readonly exprs: readonly string[]
  /** Those of them that could be parsed, variables replaced. */
  readonly trees: readonly Expr[]
  /** '' or why one of them could not. */
  readonly fault: string
}

/** What a variable asks targets for. */
export interface VariableQuery {
  readonly variable: string
  readonly tree: Expr
}

/** A dashboard taken apart. */
export interface Dashboard {
  readonly panels: readonly Panel[]
  readonly variables: readonly VariableQuery[]
}

type Json = Readonly<Record<string, unknown>>

/**
 * Reads dashboard.json. A query that cannot be parsed is a fault and leaves the dashboard as it is:
 * its other panels show what they have.
 *
 * @returns undefined for a text that is no dashboard; the report says why
 */
export function readDashboard(source: string, report: Report): Dashboard | undefined {
  try {
    checkJson(source)
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    report.error(error.mark, error.message)
    return undefined
  }
  const root: unknown = JSON.parse(source)
  if (!isObject(root) || (!Array.isArray(root.panels) && !Array.isArray(root.rows))) {
    report.error(
      { line: 1, column: 1 },
      'cannot read dashboard: no panels, wanted a Grafana dashboard',
    )
    return undefined
  }
  const reader = new Reader(source, report, root)
  return reader.read(root)
}

class Reader {
  readonly #source: string
  readonly #report: Report
  readonly #variables = new Map<string, Variable>()
  readonly #panels: Panel[] = []
  readonly #ids = new Set<unknown>()
  #queryCount = 0
  #places: JsonPlaces | undefined

  constructor(source: string, report: Report, root: Json) {
    this.#source = source
    this.#report = report
    for (const each of listAt(root, 'templating', 'list')) {
      const name = textAt(each, 'name')
      if (name !== '') this.#variables.set(name, { name, value: fixedValueOf(each) })
    }
  }

  read(root: Json): Dashboard {
    if (textAt(root, 'title') === '') this.#fault([], 'cannot read dashboard: no title')
    this.#readPanels(listAt(root, 'panels'), ['panels'], '', 0)
    listAt(root, 'rows').forEach((row, index) => {
      this.#readPanels(listAt(row, 'panels'), ['rows', index, 'panels'], textAt(row, 'title'), 1)
    })
    return { panels: this.#panels, variables: this.#readVariables(root) }
  }

  #readPanels(panels: readonly unknown[], path: Path, rowTitle: string, depth: number): void {
    let row = rowTitle
    panels.forEach((panel, index) => {
      const at = [...path, index]
      if (!isObject(panel)) {
        this.#fault(at, 'cannot read panel: no object')
        return
      }
      this.#checkId(panel, at)
      if (panel.type === 'row') row = textAt(panel, 'title')
      else this.#readPanel(panel, at, row)
      if (!Array.isArray(panel.panels) || panel.panels.length === 0) return
      if (depth < ROW_DEPTH_MAX) {
        this.#readPanels(panel.panels, [...at, 'panels'], row, depth + 1)
      } else this.#fault(at, `cannot read panels: rows nest deeper than ${ROW_DEPTH_MAX}`)
    })
  }

  #checkId(panel: Json, path: Path): void {
    if (panel.id === undefined) return
    if (this.#ids.has(panel.id)) {
      this.#fault([...path, 'id'], `cannot read panel: a second one with the id ${panel.id}`)
    }
    this.#ids.add(panel.id)
  }

  /** A panel without queries, a text for one, has nothing to verify. */
  #readPanel(panel: Json, path: Path, row: string): void {
    const exprs: string[] = []
    const trees: Expr[] = []
    let fault = ''
    const title = textAt(panel, 'title') || `panel ${String(panel.id ?? '')}`.trim()
    listAt(panel, 'targets').forEach((query, index) => {
      if (!isObject(query) || !asksPrometheus(query, panel)) return
      const expr = textAt(query, 'expr')
      const at = [...path, 'targets', index, 'expr']
      exprs.push(expr)
      const parsed = this.#parse(expr)
      if (typeof parsed !== 'string') trees.push(parsed)
      else {
        fault ||= parsed
        this.#fault(at, `cannot read query of ${title}: ${parsed}`)
      }
    })
    if (exprs.length === 0) return
    if (this.#panels.length < PANELS_MAX) this.#panels.push({ row, title, exprs, trees, fault })
    else this.#fault(path, `cannot read panels: more than ${PANELS_MAX}`)
  }

  /** @returns the tree, or what is wrong */
  #parse(expr: string): Expr | string {
    if (++this.#queryCount > QUERIES_MAX) return `more than ${QUERIES_MAX} queries`
    if (expr === '') return 'no expression'
    try {
      return parseExpr(fillVariables(expr, this.#variables))
    } catch (error) {
      if (error instanceof NarthexError) return error.message
      throw error
    }
  }

  #readVariables(root: Json): VariableQuery[] {
    const queries: VariableQuery[] = []
    listAt(root, 'templating', 'list').forEach((each, index) => {
      const selector = selectorOf(each)
      if (selector === '') return
      const variable = textAt(each, 'name')
      const parsed = this.#parse(selector)
      if (typeof parsed !== 'string') queries.push({ variable, tree: parsed })
      else {
        const at = ['templating', 'list', index, 'query']
        this.#fault(at, `cannot read variable ${variable}: ${parsed}`)
      }
    })
    return queries
  }

  /** Places are looked up only where there is a fault. */
  #fault(path: Path, message: string): void {
    if (this.#report.errors.length === FAULTS_MAX) return
    this.#places ??= new JsonPlaces(this.#source)
    this.#report.error(this.#places.markOf(path), message)
  }
}

/** What a variable that does not ask targets stands for. */
function fixedValueOf(variable: unknown): string | undefined {
  const type = textAt(variable, 'type')
  if (type === 'interval') return '5m'
  if (type !== 'custom' && type !== 'constant' && type !== 'textbox') return undefined
  const current = isObject(variable) ? textAt(variable.current, 'value') : ''
  const value = current === '' || current === '$__all' ? textAt(variable, 'query') : current
  // `one,two` or `name : value,…`: the first will do.
  const first = type === 'custom' ? (value.split(',')[0].split(' : ').at(-1) ?? '') : value
  return first.trim() === '' ? undefined : first.trim()
}

/** The selector in `label_values(selector, label)` or `query_result(expr)`; '' for other variables. */
function selectorOf(variable: unknown): string {
  if (textAt(variable, 'type') !== 'query' || !isObject(variable)) return ''
  const query = textAt(variable, 'query') || textAt(variable.query, 'query')
  const values = /^\s*label_values\s*\((.*),\s*[^,]+\)\s*$/s.exec(query)
  return (values ?? /^\s*query_result\s*\((.*)\)\s*$/s.exec(query))?.[1].trim() ?? ''
}

/** A query without a source of its own asks that of its panel; one that names none is of PromQL. */
function asksPrometheus(query: Json, panel: Json): boolean {
  const type = textAt(query.datasource, 'type') || textAt(panel.datasource, 'type')
  return type === '' || type === 'prometheus'
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textAt(value: unknown, key: string): string {
  const text = isObject(value) ? value[key] : undefined
  return typeof text === 'string' ? text : ''
}

function listAt(value: unknown, ...keys: readonly string[]): readonly unknown[] {
  let at = value
  for (const key of keys) at = isObject(at) ? at[key] : undefined
  return Array.isArray(at) ? at : []
}
