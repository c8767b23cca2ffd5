/** Binary operators over rows of a grid, as Go computes them. */

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
export type ComparisonOp = '==' | '!=' | '<' | '>' | '<=' | '>='

/** Go's math.Pow, which differs from `**` where the base is 1, or -1 with an infinite exponent. */
export function power(base: number, exponent: number): number {
  if (base === 1) return 1
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1
  return base ** exponent
}

/** Go's math.Max: +Inf wins over NaN. */
export function larger(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b)
}

/** Go's math.Min: -Inf wins over NaN. */
export function smaller(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b)
}

/** One arithmetic result. */
export function compute(op: ArithmeticOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    case '^':
      return power(left, right)
    case 'atan2':
      return Math.atan2(left, right)
  }
}

/**
 * target[targetAt, +count) = left[leftAt, …) op right[rightAt, …), slot by slot, absent slots
 * included; target may be one of the operands.
 */
export function computeRow(
  op: ArithmeticOp,
  left: Float64Array,
  leftAt: number,
  right: Float64Array,
  rightAt: number,
  target: Float64Array,
  targetAt: number,
  count: number,
): void {
  switch (op) {
    case '+':
      for (let i = 0; i < count; i++) target[targetAt + i] = left[leftAt + i] + right[rightAt + i]
      return
    case '-':
      for (let i = 0; i < count; i++) target[targetAt + i] = left[leftAt + i] - right[rightAt + i]
      return
    case '*':
      for (let i = 0; i < count; i++) target[targetAt + i] = left[leftAt + i] * right[rightAt + i]
      return
    case '/':
      for (let i = 0; i < count; i++) target[targetAt + i] = left[leftAt + i] / right[rightAt + i]
      return
    default:
      for (let i = 0; i < count; i++) {
        target[targetAt + i] = compute(op, left[leftAt + i], right[rightAt + i])
      }
  }
}

/** Whether a comparison holds. */
export function compare(op: ComparisonOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '>':
      return left > right
    case '<=':
      return left <= right
    case '>=':
      return left >= right
  }
}

/** holds[i] = 1 where left[leftAt + i] op right[rightAt + i], else 0; absent slots included. */
export function compareRow(
  op: ComparisonOp,
  left: Float64Array,
  leftAt: number,
  right: Float64Array,
  rightAt: number,
  holds: Uint8Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    holds[i] = compare(op, left[leftAt + i], right[rightAt + i]) ? 1 : 0
  }
}
