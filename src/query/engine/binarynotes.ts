/** What operators note about the types they meet. */
import type { Binary } from '../promql/ast.ts'
import type { Evaluation } from './context.ts'

/** Notes that an operator has met types that it does not take. */
export function noteIncompatible(evaluation: Evaluation, node: Binary): void {
  const { op } = node
  const text = `incompatible sample types encountered for binary operator "${op}": float ${op} float`
  evaluation.notes.info(text, node.span)
}
