/** One bound of docs/limits.md, and how it is said. */
import type { CommandSpec } from '../src/cli/flags.ts'
import { GATEWAY } from '../src/cli/gatewayflags.ts'
import { HUB } from '../src/cli/hubflags.ts'
import { UP } from '../src/cli/upflags.ts'

/** One bound. */
export interface Limit {
  readonly what: string
  /** Default; `--flag` stands for the default of that flag. */
  readonly bound: string
  /** Flag, or key of the configuration; '' when it is built in. */
  readonly by: string
  /** What happens at the bound. */
  readonly beyond: string
  /** Metrics that tell of it. */
  readonly metrics: readonly string[]
}

/** By a flag of `narthex up`. */
export function flag(
  what: string,
  name: string,
  beyond: string,
  metrics: readonly string[],
): Limit {
  return flagOf(UP, what, name, beyond, metrics)
}

/** By a flag of `narthex gateway`. */
export function gatewayFlag(
  what: string,
  name: string,
  beyond: string,
  metrics: readonly string[],
): Limit {
  return flagOf(GATEWAY, what, name, beyond, metrics)
}

/** By a flag of `narthex hub`. */
export function hubFlag(
  what: string,
  name: string,
  beyond: string,
  metrics: readonly string[],
): Limit {
  return flagOf(HUB, what, name, beyond, metrics)
}

function flagOf(
  spec: CommandSpec,
  what: string,
  name: string,
  beyond: string,
  metrics: readonly string[],
): Limit {
  const found = spec.flags.find((each) => each.name === name)
  if (found === undefined) throw new Error(`BUG: no flag --${name}`)
  return { what, bound: found.preset ?? '', by: `\`--${name}\``, beyond, metrics }
}

/** By a key of the configuration. */
export function config(
  what: string,
  bound: string,
  key: string,
  beyond: string,
  metrics: readonly string[],
): Limit {
  return { what, bound, by: `\`${key}\``, beyond, metrics }
}

/** Built in. */
export function built(
  what: string,
  bound: string,
  beyond: string,
  metrics: readonly string[],
): Limit {
  return { what, bound, by: '', beyond, metrics }
}

export function size(bytes: number): string {
  const [scale, unit] = bytes % 2 ** 20 === 0 ? [2 ** 20, 'MiB'] : [2 ** 10, 'KiB']
  return `${bytes / scale} ${unit}`
}

export function duration(ms: number): string {
  return `${ms / 1000} s`
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}
