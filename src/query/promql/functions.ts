/** The functions of the language with their signatures. */
import type { ValueType } from './ast.ts'

export interface FunctionSignature {
  readonly name: string
  readonly argTypes: readonly ValueType[]
  /** How many arguments may be left out or added at the end; -1: any number may be added. */
  readonly variadic: number
  readonly returnType: ValueType
  readonly experimental: boolean
}

type Row = readonly [name: string, args: string, variadic?: number, returnType?: ValueType]

/** Argument types by letter: v instant vector, m range vector, s scalar, t string. */
const TYPE_OF_LETTER: Readonly<Record<string, ValueType>> = {
  v: 'vector',
  m: 'matrix',
  s: 'scalar',
  t: 'string',
}

const STABLE: readonly Row[] = [
  ['abs', 'v'],
  ['absent', 'v'],
  ['absent_over_time', 'm'],
  ['acos', 'v'],
  ['acosh', 'v'],
  ['asin', 'v'],
  ['asinh', 'v'],
  ['atan', 'v'],
  ['atanh', 'v'],
  ['avg_over_time', 'm'],
  ['ceil', 'v'],
  ['changes', 'm'],
  ['clamp', 'vss'],
  ['clamp_max', 'vs'],
  ['clamp_min', 'vs'],
  ['cos', 'v'],
  ['cosh', 'v'],
  ['count_over_time', 'm'],
  ['day_of_month', 'v', 1],
  ['day_of_week', 'v', 1],
  ['day_of_year', 'v', 1],
  ['days_in_month', 'v', 1],
  ['deg', 'v'],
  ['delta', 'm'],
  ['deriv', 'm'],
  ['exp', 'v'],
  ['floor', 'v'],
  ['histogram_avg', 'v'],
  ['histogram_count', 'v'],
  ['histogram_fraction', 'ssv'],
  ['histogram_quantile', 'sv'],
  ['histogram_stddev', 'v'],
  ['histogram_stdvar', 'v'],
  ['histogram_sum', 'v'],
  ['hour', 'v', 1],
  ['idelta', 'm'],
  ['increase', 'm'],
  ['irate', 'm'],
  ['label_join', 'vttt', -1],
  ['label_replace', 'vtttt'],
  ['last_over_time', 'm'],
  ['ln', 'v'],
  ['log10', 'v'],
  ['log2', 'v'],
  ['max_over_time', 'm'],
  ['min_over_time', 'm'],
  ['minute', 'v', 1],
  ['month', 'v', 1],
  ['pi', '', 0, 'scalar'],
  ['predict_linear', 'ms'],
  ['present_over_time', 'm'],
  ['quantile_over_time', 'sm'],
  ['rad', 'v'],
  ['rate', 'm'],
  ['resets', 'm'],
  ['round', 'vs', 1],
  ['scalar', 'v', 0, 'scalar'],
  ['sgn', 'v'],
  ['sin', 'v'],
  ['sinh', 'v'],
  ['sort', 'v'],
  ['sort_desc', 'v'],
  ['sqrt', 'v'],
  ['stddev_over_time', 'm'],
  ['stdvar_over_time', 'm'],
  ['sum_over_time', 'm'],
  ['tan', 'v'],
  ['tanh', 'v'],
  ['time', '', 0, 'scalar'],
  ['timestamp', 'v'],
  ['vector', 's'],
  ['year', 'v', 1],
]

const EXPERIMENTAL: readonly Row[] = [
  ['double_exponential_smoothing', 'mss'],
  ['end', '', 0, 'scalar'],
  ['first_over_time', 'm'],
  ['histogram_quantiles', 'vtss', 9],
  ['info', 'vv', 1],
  ['mad_over_time', 'm'],
  ['max_of', 'ss', 0, 'scalar'],
  ['min_of', 'ss', 0, 'scalar'],
  ['range', '', 0, 'scalar'],
  ['sort_by_label', 'vt', -1],
  ['sort_by_label_desc', 'vt', -1],
  ['start', '', 0, 'scalar'],
  ['start_timestamp', 'v'],
  ['step', '', 0, 'scalar'],
  ['ts_of_first_over_time', 'm'],
  ['ts_of_last_over_time', 'm'],
  ['ts_of_max_over_time', 'm'],
  ['ts_of_min_over_time', 'm'],
]

/** All functions by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map(
  [
    ...STABLE.map((row) => signature(row, false)),
    ...EXPERIMENTAL.map((row) => signature(row, true)),
  ]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => [entry.name, entry]),
)

function signature(row: Row, experimental: boolean): FunctionSignature {
  const [name, args, variadic = 0, returnType = 'vector'] = row
  const argTypes = [...args].map((letter) => TYPE_OF_LETTER[letter])
  return { name, argTypes, variadic, returnType, experimental }
}
