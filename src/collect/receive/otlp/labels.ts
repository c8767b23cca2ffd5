/** Labels of OTLP points: what comes of the resource once, and what each point adds. */
import type { OtlpConfig } from '../../../config/storageshape.ts'
import { METRIC_NAME } from '../../../model/labels.ts'
import type { Attributes, OtlpScope } from '../../../wire/otlp.ts'
import type { Namer } from './names.ts'

const SERVICE_NAME = 'service.name'
const SERVICE_NAMESPACE = 'service.namespace'
const SERVICE_INSTANCE = 'service.instance.id'
const IDENTIFYING: readonly string[] = [SERVICE_NAMESPACE, SERVICE_NAME, SERVICE_INSTANCE]

/** Makes the labels of one resource's points. */
export class ResourceLabels {
  readonly #namer: Namer
  readonly #config: OtlpConfig
  readonly #attributes: Attributes
  readonly #promoted: readonly (readonly [string, string])[]
  readonly #job: string
  readonly #instance: string
  #scope: readonly (readonly [string, string])[] = []

  constructor(attributes: Attributes, namer: Namer, config: OtlpConfig) {
    this.#namer = namer
    this.#config = config
    this.#attributes = attributes
    this.#promoted = pairsOf(attributes)
      .filter(([name]) => isPromoted(name, config))
      .map(([name, value]) => [namer.label(name), value] as const)
      .filter(([name]) => name !== '')
    const found = new Map(pairsOf(attributes))
    const name = found.get(SERVICE_NAME)
    const namespace = found.get(SERVICE_NAMESPACE)
    this.#job =
      name === undefined || namespace === undefined ? (name ?? '') : `${namespace}/${name}`
    this.#instance = found.get(SERVICE_INSTANCE) ?? ''
  }

  /** What follows is of this scope. */
  enter(scope: OtlpScope): void {
    this.#scope = []
    if (!this.#config.promoteScopeMetadata || scope.name === '') return
    this.#scope = [
      ['otel_scope_name', scope.name],
      ['otel_scope_version', scope.version],
      ['otel_scope_schema_url', scope.schemaUrl],
      ...pairsOf(scope.attributes).map(
        ([name, value]) => [this.#namer.label(`otel_scope_${name}`), value] as const,
      ),
    ]
  }

  /** Labels of a point, without its name; undefined when an attribute's name comes to nothing. */
  point(attributes: Attributes): Map<string, string> | undefined {
    const labels = this.#ownLabels(pairsOf(attributes))
    if (labels === undefined) return undefined
    for (const [name, value] of this.#promoted) {
      if ((labels.get(name) ?? '') === '') labels.set(name, value)
    }
    for (const [name, value] of this.#scope) labels.set(name, value)
    this.#identify(labels)
    return labels
  }

  /** Labels of `target_info`; undefined when it would say nothing, or of nobody. */
  targetInfo(): string[] | undefined {
    const all = pairsOf(this.#attributes)
    const others = all.filter(([name]) => !IDENTIFYING.includes(name))
    if (others.length === 0 || (this.#job === '' && this.#instance === '')) return undefined
    const kept = this.#config.keepIdentifyingResourceAttributes ? all : others
    const labels = this.#ownLabels(kept)
    if (labels === undefined) return undefined
    this.#identify(labels)
    return namedPairs('target_info', labels)
  }

  /** Names that become equal when they are escaped share one label, values joined in their order. */
  #ownLabels(pairs: readonly (readonly [string, string])[]): Map<string, string> | undefined {
    const labels = new Map<string, string>()
    const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    for (const [name, value] of sorted) {
      const label = this.#namer.label(name)
      if (label === '') return undefined
      const known = labels.get(label) ?? ''
      const isJoined = known !== '' && !this.#namer.allowsUtf8
      labels.set(label, isJoined ? `${known};${value}` : value)
    }
    return labels
  }

  #identify(labels: Map<string, string>): void {
    if (this.#job !== '') labels.set('job', this.#job)
    if (this.#instance !== '') labels.set('instance', this.#instance)
  }
}

/** Labels with a metric name, and one more where there is one. */
export function namedPairs(
  metric: string,
  labels: ReadonlyMap<string, string>,
  extraName = '',
  extraValue = '',
): string[] {
  const pairs = [METRIC_NAME, metric]
  for (const [name, value] of labels) {
    if (name !== METRIC_NAME && name !== extraName) pairs.push(name, value)
  }
  if (extraName !== '') pairs.push(extraName, extraValue)
  return pairs
}

function isPromoted(name: string, config: OtlpConfig): boolean {
  return config.promoteAllResourceAttributes
    ? !config.ignoreResourceAttributes.includes(name)
    : config.promoteResourceAttributes.includes(name)
}

function pairsOf(attributes: Attributes): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  for (let i = 0; i < attributes.length; i += 2) pairs.push([attributes[i], attributes[i + 1]])
  return pairs
}
