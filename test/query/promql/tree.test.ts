/** The tree that `/api/v1/parse_query` sends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL_FEATURES } from '../../../src/query/promql/features.ts'
import { parseExpr } from '../../../src/query/promql/parse.ts'
import { treeOf } from '../../../src/query/promql/tree.ts'

const selector = {
  type: 'vectorSelector',
  name: 'foo',
  offset: 0,
  offsetExpr: null,
  matchers: [{ name: '__name__', value: 'foo', type: '=' }],
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
}

for (const [text, tree] of [
  ['foo', selector],
  ['-foo', { type: 'unaryExpr', op: '-', expr: selector }],
  ['(1)', { type: 'parenExpr', expr: { type: 'numberLiteral', val: '1' } }],
  ['"a"', { type: 'stringLiteral', val: 'a' }],
  ['-Inf', { type: 'numberLiteral', val: '-Inf' }],
  [
    'rate(foo[5m] offset 1m @ 2)',
    {
      type: 'call',
      func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
      args: [
        {
          ...selector,
          type: 'matrixSelector',
          range: 300_000,
          rangeExpr: null,
          offset: 60_000,
          timestamp: 2_000,
        },
      ],
    },
  ],
  [
    'foo[(5m):step()] @ end()',
    {
      type: 'subquery',
      expr: selector,
      range: 0,
      rangeExpr: {
        type: 'durationExpr',
        op: '+',
        lhs: null,
        rhs: { type: 'numberLiteral', val: '300', duration: true },
        wrapped: true,
      },
      offset: 0,
      offsetExpr: null,
      step: 0,
      stepExpr: { type: 'durationExpr', op: 'step', lhs: null, rhs: null, wrapped: false },
      timestamp: null,
      startOrEnd: 'end',
    },
  ],
  [
    'topk by (a) (2, foo)',
    {
      type: 'aggregation',
      op: 'topk',
      expr: selector,
      param: { type: 'numberLiteral', val: '2' },
      grouping: ['a'],
      without: false,
    },
  ],
  [
    'foo > bool on (a) group_left (b) foo',
    {
      type: 'binaryExpr',
      op: '>',
      lhs: selector,
      rhs: selector,
      matching: {
        card: 'many-to-one',
        labels: ['a'],
        on: true,
        include: ['b'],
        fillValues: { lhs: null, rhs: null },
      },
      bool: true,
    },
  ],
  [
    'foo + 1',
    {
      type: 'binaryExpr',
      op: '+',
      lhs: selector,
      rhs: { type: 'numberLiteral', val: '1' },
      matching: null,
      bool: false,
    },
  ],
] as const) {
  test(`treeOf translates ${text}`, () => {
    assert.deepEqual(treeOf(parseExpr(text, ALL_FEATURES)), tree)
  })
}
