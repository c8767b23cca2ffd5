/** Target groups as files and HTTP answers carry them, from bytes to label sets. */
import { messageOf, NarthexError } from '../../base/error.ts'
import { isLabelName } from '../../config/relabel.ts'
import { parseYaml, toPlain } from '../../config/yaml.ts'
import { type Labels, labelsFrom } from '../../model/labels.ts'

/** Most targets of one file or one answer. */
export const TARGETS_MAX = 100_000

/**
 * Targets of a JSON text.
 *
 * `null` is refused, although Prometheus takes it as "no targets": nobody means it, and it would
 * drop every target of a job.
 *
 * @param extra labels for each target, which the text cannot override
 * @throws NarthexError `bad_data`, `limit` over TARGETS_MAX
 */
export function parseJsonGroups(
  text: string,
  extra: readonly (readonly [string, string])[],
): readonly Labels[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read target groups: ${messageOf(error)}`)
  }
  return readGroups(value, extra)
}

/** Targets of a YAML text, otherwise as parseJsonGroups. */
export function parseYamlGroups(
  text: string,
  extra: readonly (readonly [string, string])[],
): readonly Labels[] {
  const { root, faults } = parseYaml(text)
  const fault = faults.at(0)
  if (fault !== undefined) {
    const where = `line ${fault.mark.line}, column ${fault.mark.column}`
    throw new NarthexError('bad_data', `cannot read target groups: ${where}: ${fault.message}`)
  }
  return readGroups(root === undefined ? null : toPlain(root), extra)
}

function readGroups(
  value: unknown,
  extra: readonly (readonly [string, string])[],
): readonly Labels[] {
  if (!Array.isArray(value)) throw refuse(`${kindOf(value)}, wanted a list of groups`)
  const targets: Labels[] = []
  for (let i = 0; i < value.length; i++) {
    readGroup(value[i], `group ${i}`, extra, targets)
    if (targets.length > TARGETS_MAX) {
      const seen = `more than ${TARGETS_MAX} targets, the bound`
      throw new NarthexError('limit', `cannot read target groups: ${seen}`)
    }
  }
  return targets
}

function readGroup(
  group: unknown,
  where: string,
  extra: readonly (readonly [string, string])[],
  into: Labels[],
): void {
  if (!isRecord(group)) throw refuse(`${where} is ${kindOf(group)}, wanted an object`)
  for (const key of Object.keys(group)) {
    if (key !== 'targets' && key !== 'labels') throw refuse(`${where} has an unknown key "${key}"`)
  }
  const pairs = readLabels(group.labels ?? {}, where)
  const addresses = group.targets ?? []
  if (!Array.isArray(addresses))
    throw refuse(`targets of ${where}: ${kindOf(addresses)}, wanted a list`)
  for (const address of addresses) {
    if (typeof address !== 'string') {
      throw refuse(`a target of ${where} is ${kindOf(address)}, wanted a text`)
    }
    into.push(labelsFrom([...pairs, ['__address__', address], ...extra]))
  }
}

function readLabels(labels: unknown, where: string): [string, string][] {
  if (!isRecord(labels)) throw refuse(`labels of ${where}: ${kindOf(labels)}, wanted an object`)
  return Object.entries(labels).map(([name, value]) => {
    if (!isLabelName(name, 'utf8')) throw refuse(`${where} has a label without a valid name`)
    if (value === null) return [name, '']
    if (typeof value !== 'string' || !value.isWellFormed()) {
      throw refuse(`label ${name} of ${where} is ${kindOf(value)}, wanted a text`)
    }
    return [name, value]
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function refuse(what: string): NarthexError {
  return new NarthexError('bad_data', `cannot read target groups: ${what}`)
}
