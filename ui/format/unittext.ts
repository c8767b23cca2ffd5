/** The unit of an expression given as text; loaded with the first answer, since it brings the parser. */
import { ALL_FEATURES } from '../../src/query/promql/features.ts'
import { parseExpr } from '../../src/query/promql/parse.ts'
import { unitOf } from './unit.ts'
import type { Unit } from './value.ts'

/** 'none' for what does not parse. */
export function unitOfText(text: string): Unit {
  try {
    return unitOf(parseExpr(text, ALL_FEATURES))
  } catch {
    // The server has said what is wrong; a graph without a unit is still a graph.
    return 'none'
  }
}
