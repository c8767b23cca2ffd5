/** Services: nodes and the exporters on each, and the targets that they come to. */
import type { TargetEntry } from '../../model/registry.ts'
import { type LabelRecord, Problems, readDocument, readLabels } from './document.ts'
import { nameOf, refuseLabel, refuseTarget } from './target.ts'

/** What is asked on a node. */
export interface ServiceExporter {
  readonly job: string
  readonly port: number
}

export interface ServiceNode {
  readonly host: string
  readonly labels: Readonly<LabelRecord>
  readonly exporters: readonly ServiceExporter[]
}

/** Labels of the service are those of its nodes, too, unless a node says otherwise. */
export interface Service {
  readonly labels: Readonly<LabelRecord>
  readonly nodes: readonly ServiceNode[]
}

/** Nodes of one service. */
export const NODES_MAX = 10_000

/**
 * The service; what is wrong with it is in `problems`, and then it is not to be used. A port may be a
 * text of digits, as all values of YAML are.
 */
export function readService(value: unknown, problems: Problems): Service {
  const service = readObject(value, -1, '', ['labels', 'nodes'], problems)
  const labels = readLabels(service.labels ?? {}, -1, 'labels', problems)
  const list = readList(service.nodes, -1, 'nodes', problems)
  if (list.length > NODES_MAX) {
    problems.add(-1, 'nodes', `are ${list.length}, the bound is ${NODES_MAX}`)
  }
  const nodes = list.slice(0, NODES_MAX).map((node, index) => readNode(node, index, problems))
  return { labels, nodes }
}

/** One entry for each exporter of each node. */
export function expandService({ labels, nodes }: Service): TargetEntry[] {
  return nodes.flatMap((node) =>
    node.exporters.map(({ job, port }) => ({
      targets: [`${node.host}:${port}`],
      labels: joinLabels(labels, node.labels, { job }),
    })),
  )
}

/** What is served of a service that was taken: each target once. */
export function entriesOfService(value: unknown): TargetEntry[] {
  const problems = new Problems()
  const { entries } = readDocument(expandService(readService(value, problems)), problems)
  return entries.filter(({ targets }) => targets.length > 0)
}

/** The service with labels set for all nodes, and others taken away. */
export function relabelService(
  service: Service,
  set: Readonly<LabelRecord>,
  remove: readonly string[],
): Service {
  const without = (labels: Readonly<LabelRecord>): LabelRecord => {
    const kept = Object.entries(labels).filter(([name]) => {
      return !remove.includes(name) && !Object.hasOwn(set, name)
    })
    return joinLabels(Object.fromEntries(kept))
  }
  return {
    labels: joinLabels(without(service.labels), set),
    nodes: service.nodes.map((node) => ({ ...node, labels: without(node.labels) })),
  }
}

function readNode(value: unknown, index: number, problems: Problems): ServiceNode {
  const node = readObject(value, index, '', ['host', 'labels', 'exporters'], problems)
  const { host } = node
  const text = typeof host === 'string' ? host : ''
  const reason = typeof host === 'string' ? refuseTarget(`${host}:1`) : `is ${nameOf(host)}`
  if (reason !== undefined) {
    const shown = JSON.stringify(text.slice(0, 80))
    problems.add(index, 'host', `${shown} is no host, wanted a name or an address without port`)
  }
  return {
    host: text,
    labels: readLabels(node.labels ?? {}, index, 'labels', problems),
    exporters: readList(node.exporters, index, 'exporters', problems).map((each, at) =>
      readExporter(each, index, `exporters[${at}]`, problems),
    ),
  }
}

function readExporter(
  value: unknown,
  index: number,
  field: string,
  problems: Problems,
): ServiceExporter {
  const { job, port } = readObject(value, index, field, ['job', 'port'], problems)
  const isJob = typeof job === 'string' && job !== '' && refuseLabel('job', job) === undefined
  if (!isJob) problems.add(index, `${field}.job`, `is ${nameOf(job)}, wanted the name of a job`)
  const isText = typeof port === 'string' && /^\d{1,5}$/.test(port)
  const count = isText ? Number(port) : port
  const isPort = Number.isInteger(count) && (count as number) > 0 && (count as number) < 65_536
  if (!isPort) problems.add(index, `${field}.port`, 'is no port, wanted a number of 1 to 65535')
  return { job: String(job), port: Number(count) }
}

function readObject(
  value: unknown,
  index: number,
  field: string,
  keys: readonly string[],
  problems: Problems,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(index, field, `is ${nameOf(value)}, wanted an object of ${keys.join(', ')}`)
    return {}
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue
    const path = field === '' ? key : `${field}.${key}`
    problems.add(index, path, `is not known, wanted ${keys.join(', ')}`)
  }
  return value as Readonly<Record<string, unknown>>
}

function readList(value: unknown, index: number, field: string, problems: Problems): unknown[] {
  if (Array.isArray(value)) return value
  problems.add(index, field, `is ${nameOf(value)}, wanted a list`)
  return []
}

/** Later ones win. */
function joinLabels(...all: readonly Readonly<LabelRecord>[]): LabelRecord {
  const joined: LabelRecord = Object.create(null)
  for (const labels of all) for (const [name, value] of Object.entries(labels)) joined[name] = value
  return joined
}
