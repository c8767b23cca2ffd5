/** GET|POST /api/v1/format_query and parse_query: about an expression, without any sample. */
import { NarthexError } from '../../base/error.ts'
import type { Reply } from '../../net/server/message.ts'
import type { Expr } from '../../query/promql/ast.ts'
import type { Features } from '../../query/promql/features.ts'
import { parseExpr } from '../../query/promql/parse.ts'
import { prettify } from '../../query/promql/print.ts'
import { treeOf } from '../../query/promql/tree.ts'
import { success } from './envelope.ts'
import { invalidParam } from './params.ts'

/** The expression in its canonical form. */
export function handleFormat(params: URLSearchParams, features: Features): Reply {
  return success(prettify(readExpr(params, features)))
}

/** The expression as a tree. */
export function handleParse(params: URLSearchParams, features: Features): Reply {
  return success(treeOf(readExpr(params, features)))
}

function readExpr(params: URLSearchParams, features: Features): Expr {
  try {
    return parseExpr(params.get('query') ?? '', features)
  } catch (error) {
    if (error instanceof NarthexError) throw invalidParam('query', error)
    throw error
  }
}
