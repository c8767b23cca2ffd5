/** The tree of an expression as `/api/v1/parse_query` sends it, in the shape that Prometheus's UI reads. */
import type { Matcher } from '../../model/matcher.ts'
import type { At, DurationExpr, DurationValue, Expr, Matching, VectorSelector } from './ast.ts'
import { FUNCTIONS } from './functions.ts'
import { formatFixed } from './gotext.ts'

/** A node of plain data, ready for JSON. */
export type TreeNode = { readonly [key: string]: unknown }

/** Translates a tree; durations are in ms, and 0 where they are expressions of their own. */
export function treeOf(expr: Expr): TreeNode {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatFixed(expr.value) }
    case 'string':
      return { type: 'stringLiteral', val: expr.value }
    case 'paren':
      return { type: 'parenExpr', expr: treeOf(expr.expr) }
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: treeOf(expr.expr) }
    case 'selector':
      return { type: 'vectorSelector', ...selectorFields(expr) }
    case 'matrix':
      return {
        type: 'matrixSelector',
        ...selectorFields(expr.selector),
        ...durationFields('range', expr.range),
      }
    case 'subquery':
      return {
        type: 'subquery',
        expr: treeOf(expr.expr),
        ...durationFields('range', expr.range),
        ...durationFields('offset', expr.offset),
        ...durationFields('step', expr.step ?? 0),
        ...atFields(expr.at),
      }
    case 'call':
      return { type: 'call', func: functionOf(expr.name), args: expr.args.map(treeOf) }
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: treeOf(expr.expr),
        param: expr.param === undefined ? null : treeOf(expr.param),
        grouping: expr.labels,
        without: expr.without,
      }
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.op,
        lhs: treeOf(expr.left),
        rhs: treeOf(expr.right),
        matching: expr.matching === undefined ? null : matchingOf(expr.matching),
        bool: expr.bool,
      }
  }
}

function selectorFields(expr: VectorSelector): TreeNode {
  return {
    name: expr.name,
    ...durationFields('offset', expr.offset),
    matchers: expr.matchers.map(matcherOf),
    ...atFields(expr.at),
    anchored: expr.extension === 'anchored',
    smoothed: expr.extension === 'smoothed',
  }
}

function matcherOf(matcher: Matcher): TreeNode {
  return { name: matcher.name, value: matcher.value, type: matcher.op }
}

function atFields(at: At | undefined): TreeNode {
  const isTime = typeof at === 'object'
  return { timestamp: isTime ? at.timeMs : null, startOrEnd: isTime ? null : (at ?? null) }
}

/** The fixed duration under its name, and the expression, if it is one, under the name + `Expr`. */
function durationFields(name: string, value: DurationValue): TreeNode {
  const fixed = typeof value === 'number'
  return { [name]: fixed ? value : 0, [`${name}Expr`]: fixed ? null : durationNode(value) }
}

function durationNode(expr: DurationExpr, wrapped = false): TreeNode {
  const type = 'durationExpr'
  switch (expr.op) {
    case 'number': {
      const number = {
        type: 'numberLiteral',
        val: formatFixed(expr.ms / 1000),
        duration: !expr.plain,
      }
      return wrapped ? { type, op: '+', lhs: null, rhs: number, wrapped } : number
    }
    case 'step':
    case 'range':
      return { type, op: expr.op, lhs: null, rhs: null, wrapped }
    case 'neg':
      return { type, op: '-', lhs: null, rhs: durationNode(expr.of), wrapped }
    case 'pos':
      return durationNode(expr.of, wrapped)
    case 'paren':
      return durationNode(expr.of, true)
    default: {
      const op = expr.op === 'min' || expr.op === 'max' ? `${expr.op}_of` : expr.op
      return { type, op, lhs: durationNode(expr.left), rhs: durationNode(expr.right), wrapped }
    }
  }
}

function functionOf(name: string): TreeNode {
  const signature = FUNCTIONS.get(name)
  return {
    name,
    argTypes: signature?.argTypes ?? [],
    variadic: signature?.variadic ?? 0,
    returnType: signature?.returnType ?? 'vector',
  }
}

function matchingOf(matching: Matching): TreeNode {
  const { card, labels, on, include, fillLeft, fillRight } = matching
  const fillValues = { lhs: fillLeft ?? null, rhs: fillRight ?? null }
  return { card, labels, on, include, fillValues }
}
