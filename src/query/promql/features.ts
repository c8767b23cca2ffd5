/** Experimental parts of the language, switched on by Prometheus's feature names. */

/** Which experimental parts a parse accepts. */
export interface Features {
  /** Functions and aggregations that Prometheus marks experimental. */
  readonly functions: boolean
  /** Arithmetic, `step()`, `range()`, `min_of` and `max_of` where a duration stands. */
  readonly durationExpr: boolean
  /** `anchored` and `smoothed` behind a selector. */
  readonly extendedRange: boolean
  /** `fill`, `fill_left` and `fill_right` behind a binary operator. */
  readonly fill: boolean
}

/** Nothing experimental: the default. */
export const NO_FEATURES: Features = {
  functions: false,
  durationExpr: false,
  extendedRange: false,
  fill: false,
}

/** Everything experimental. */
export const ALL_FEATURES: Features = {
  functions: true,
  durationExpr: true,
  extendedRange: true,
  fill: true,
}

/** Prometheus's names of the parts, as `--enable-feature` takes them. */
const FEATURE_NAMES: Readonly<Record<string, keyof Features>> = {
  'promql-experimental-functions': 'functions',
  'promql-duration-expr': 'durationExpr',
  'promql-extended-range-selectors': 'extendedRange',
  'promql-binop-fill-modifiers': 'fill',
}

/** All of these names. */
export const PROMQL_FEATURES: readonly string[] = Object.keys(FEATURE_NAMES)

/** The parts that a list of feature names switches on; names of other rooms are passed over. */
export function featuresFrom(names: Iterable<string>): Features {
  const features: { -readonly [K in keyof Features]: boolean } = { ...NO_FEATURES }
  for (const name of names) {
    if (Object.hasOwn(FEATURE_NAMES, name)) features[FEATURE_NAMES[name]] = true
  }
  return features
}
