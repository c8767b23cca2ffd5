/** `narthex.destinations`: which kinds of ends there are, by their `type`. */
import {
  type ElasticsearchDestination,
  elasticsearchDestination,
} from './destinations/elasticsearch.ts'
import { type FileDestination, fileDestination } from './destinations/file.ts'
import { type GatewayDestination, gatewayDestination } from './destinations/gateway.ts'
import { type InfluxDestination, influxDestination } from './destinations/influxdb.ts'
import { type KafkaDestination, kafkaDestination } from './destinations/kafka.ts'
import { type NarthexDestination, narthexDestination } from './destinations/narthex.ts'
import { type OpenTsdbDestination, openTsdbDestination } from './destinations/opentsdb.ts'
import { type OtlpDestination, otlpDestination } from './destinations/otlp.ts'
import { type PostgresDestination, postgresDestination } from './destinations/postgresql.ts'
import {
  type VictoriaMetricsDestination,
  victoriaMetricsDestination,
} from './destinations/victoriametrics.ts'
import { nearestName } from './nearest.ts'
import { given, listOf, type Place, type Shape } from './shape.ts'
import type { YamlNode } from './yaml.ts'
import { quoteText } from './yaml.ts'

/** An entry of `narthex.destinations`. */
export type ListedDestination =
  | FileDestination
  | GatewayDestination
  | KafkaDestination
  | ElasticsearchDestination
  | InfluxDestination
  | NarthexDestination
  | OpenTsdbDestination
  | OtlpDestination
  | PostgresDestination
  | VictoriaMetricsDestination

/** Every kind: its `type` and the shape of its entry. */
const KINDS: Readonly<Record<ListedDestination['kind'], Shape<ListedDestination>>> = {
  file: fileDestination,
  gateway: gatewayDestination,
  kafka: kafkaDestination,
  elasticsearch: elasticsearchDestination,
  influxdb: influxDestination,
  narthex: narthexDestination,
  opentsdb: openTsdbDestination,
  otlp: otlpDestination,
  postgresql: postgresDestination,
  victoriametrics: victoriaMetricsDestination,
}

const destination: Shape<ListedDestination | undefined> = {
  read(node, place) {
    const type = typeOf(node)
    const shape = shapeOf(type)
    if (shape !== undefined) return shape.read(node, place)
    const kinds = Object.keys(KINDS)
    const nearest = nearestName(type, kinds)
    const wanted = nearest === undefined ? '' : `, did you mean ${nearest}?`
    const seen = type === '' ? 'no type' : `unknown type ${quoteText(type)}`
    const message = `${seen} of destination, wanted ${kinds.join(', ')}${wanted}`
    place.report.error(typeNode(node)?.mark ?? place.mark, message)
    return undefined
  },
  show: (node) => shapeOf(typeOf(node))?.show(node),
}

function typeNode(node: YamlNode | undefined): YamlNode | undefined {
  if (node?.kind !== 'map') return undefined
  return given(node.entries.find((entry) => entry.key === 'type')?.value)
}

function typeOf(node: YamlNode | undefined): string {
  const value = typeNode(node)
  return value?.kind === 'scalar' ? value.text : ''
}

function shapeOf(type: string): Shape<ListedDestination> | undefined {
  return Object.hasOwn(KINDS, type) ? KINDS[type as ListedDestination['kind']] : undefined
}

const entries = listOf(destination, 'empty or null entry in destinations')

/** The list; every entry has a name, and no name stands twice. */
export const destinationList: Shape<readonly ListedDestination[]> = {
  read(node, place) {
    const marks = node?.kind === 'list' ? node.items.map((item) => item.mark) : []
    const names = new Set<string>()
    const paths = new Set<string>()
    const list: ListedDestination[] = []
    for (const [i, entry] of entries.read(node, place).entries()) {
      if (entry === undefined) continue
      const at = { ...place, mark: marks[i] ?? place.mark }
      checkName(entry.name, names, at)
      if (entry.kind === 'file') checkPath(entry.path, paths, at)
      list.push(entry)
    }
    return list
  },
  show: (node) => entries.show(node),
}

function checkName(name: string, names: Set<string>, place: Place): void {
  if (name === '') place.report.error(place.mark, 'name of a destination is empty')
  else if (names.has(name)) {
    place.report.error(place.mark, `found multiple destinations with name ${quoteText(name)}`)
  }
  names.add(name)
}

/** Each file has one writer, who moves it out of the way when it is large. */
function checkPath(path: string, paths: Set<string>, place: Place): void {
  if (paths.has(path)) {
    place.report.error(place.mark, `found multiple destinations with path ${quoteText(path)}`)
  }
  paths.add(path)
}
