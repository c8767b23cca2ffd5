/** Samples as OTLP data points: `job` and `instance` are the resource, the name is the metric. */
import type { Clock } from '../../base/clock.ts'
import { VERSION } from '../../base/version.ts'
import type { SeriesId } from '../../model/appender.ts'
import { type Labels, labelValue, METRIC_NAME } from '../../model/labels.ts'
import { isStaleAt } from '../../model/stale.ts'
import type { MetadataView } from '../../model/target.ts'
import {
  EXPLICIT_ATTRIBUTES,
  EXPONENTIAL_ATTRIBUTES,
  kindOfHistogram,
  NUMBER_ATTRIBUTES,
  OTLP_TIME_MS_MAX,
  type OtlpKind,
  OtlpRequest,
  writeAttribute,
} from '../../wire/otlpencode.ts'
import { ProtoWriter } from '../../wire/protobuf.ts'
import { type BodyEncoder, UNREPRESENTABLE } from '../http/body.ts'
import type { HistogramSample, Parcel } from '../parcel.ts'
import { slotOf } from '../series/book.ts'
import { FamilyBook } from '../series/families.ts'
import { SlotArena } from '../series/slotarena.ts'
import type { SeriesView } from '../writer.ts'

const METADATA_MS = 60_000

/** Series of this name tell what their target is. */
const TARGET_INFO = 'target_info'

/** The target of a series, shared by all of its series. */
interface Resource {
  readonly job: string
  readonly instance: string
  /** Attributes as fields 1. */
  attributes: Uint8Array
  /** Labels of its `target_info` that are in the attributes. */
  infoKey: string
  seriesCount: number
}

/** What is kept of a series besides its attributes. */
interface Point {
  readonly name: string
  readonly resource: Resource
  /** Labels of `target_info`; undefined for all other series. */
  readonly info: Labels | undefined
}

export class OtlpPoints implements BodyEncoder {
  readonly #view: SeriesView
  readonly #families: FamilyBook
  readonly #into: ProtoWriter = new ProtoWriter(64 * 1024)
  readonly #request = new OtlpRequest(this.#into, 'narthex', VERSION)
  readonly #scratch: ProtoWriter = new ProtoWriter()
  readonly #attributes = new SlotArena<Uint8Array>((length) => new Uint8Array(length))
  readonly #points: (Point | undefined)[] = []
  readonly #resources = new Map<string, Resource>()
  /** What is open in the request. */
  #resource: Resource | undefined
  #openAttributes: Uint8Array | undefined
  #name = ''
  #kind: OtlpKind = 'gauge'

  constructor(view: SeriesView, metadata: MetadataView | undefined, clock: Clock) {
    this.#view = view
    this.#families = new FamilyBook(metadata, clock, METADATA_MS)
  }

  get sizeBytes(): number {
    return this.#into.at
  }

  begin(): void {
    this.#families.refresh()
    this.#request.begin()
    this.#resource = undefined
    this.#name = ''
  }

  /** What targets are is known before their first sample is written. */
  look(parcel: Parcel): void {
    const { ids, values, count } = parcel
    for (let i = 0; i < count; i++) {
      const point = this.#point(ids[i])
      if (point.info !== undefined && !isStaleAt(values, i)) describe(point.resource, point.info)
    }
  }

  sample(id: SeriesId, timeMs: number, values: Float64Array, i: number): string {
    if (timeMs < 0 || timeMs > OTLP_TIME_MS_MAX) return UNREPRESENTABLE
    const point = this.#point(id)
    if (point.name === '') return 'no_name'
    const slot = slotOf(id)
    const isSame = point.name === this.#name && this.#isHistogram === false
    this.#open(point, isSame ? this.#kind : this.#kindOf(point.name))
    const { items, from, to } = this.#attributes
    this.#request.number(items, from[slot], to[slot], timeMs, values, i)
    return ''
  }

  histogram({ id, timeMs, histogram }: HistogramSample): string {
    if (timeMs < 0 || timeMs > OTLP_TIME_MS_MAX) return UNREPRESENTABLE
    const point = this.#point(id)
    if (point.name === '') return 'no_name'
    const kind = isStaleAt(histogram.sum, 0) ? 'exponential' : kindOfHistogram(histogram)
    if (kind === undefined) return UNREPRESENTABLE
    this.#open(point, kind)
    const field = kind === 'exponential' ? EXPONENTIAL_ATTRIBUTES : EXPLICIT_ATTRIBUTES
    this.#scratch.clear()
    writeAttributes(this.#scratch, field, this.#view.labels(id))
    this.#request.histogram(this.#scratch.bytes, 0, this.#scratch.at, timeMs, histogram)
    return ''
  }

  end(): Uint8Array {
    return this.#request.end()
  }

  forget(ids: readonly SeriesId[]): void {
    for (const id of ids) {
      const slot = slotOf(id)
      const point = this.#points[slot]
      if (point === undefined) continue
      this.#points[slot] = undefined
      this.#attributes.drop(slot)
      const { resource } = point
      if (--resource.seriesCount === 0) this.#resources.delete(resourceKey(resource))
    }
  }

  get #isHistogram(): boolean {
    return this.#kind === 'exponential' || this.#kind === 'explicit'
  }

  /** Opens resource and metric where others are open. */
  #open(point: Point, kind: OtlpKind): void {
    const { resource, name } = point
    const isOther = resource !== this.#resource || resource.attributes !== this.#openAttributes
    if (isOther) {
      this.#resource = resource
      this.#openAttributes = resource.attributes
      this.#request.resource(resource.attributes, 0, resource.attributes.length)
    }
    if (!isOther && name === this.#name && kind === this.#kind) return
    this.#name = name
    this.#kind = kind
    const metadata = this.#families.find(name)
    const { help = '', unit = '' } = metadata ?? {}
    this.#request.metric({ name, description: help, unit, kind })
  }

  /** Counters rise; buckets and counts of histograms and summaries, too; sums may fall. */
  #kindOf(name: string): OtlpKind {
    const type = this.#families.find(name)?.type
    if (type === 'counter') return 'monotonic'
    if (type !== 'histogram' && type !== 'summary') return 'gauge'
    if (name.endsWith('_bucket') || name.endsWith('_count')) return 'monotonic'
    return name.endsWith('_sum') ? 'sum' : 'gauge'
  }

  #point(id: SeriesId): Point {
    const slot = slotOf(id)
    return this.#points[slot] ?? this.#makePoint(id, slot)
  }

  #makePoint(id: SeriesId, slot: number): Point {
    const labels = this.#view.labels(id)
    const name = labelValue(labels, METRIC_NAME)
    const resource = this.#resourceOf(labels)
    resource.seriesCount++
    const point = { name, resource, info: name === TARGET_INFO ? labels : undefined }
    this.#scratch.clear()
    writeAttributes(this.#scratch, NUMBER_ATTRIBUTES, labels)
    while (this.#points.length <= slot) this.#points.push(undefined)
    this.#points[slot] = point
    this.#attributes.put(slot, this.#scratch.bytes, this.#scratch.at)
    return point
  }

  #resourceOf(labels: Labels): Resource {
    const job = labelValue(labels, 'job')
    const instance = labelValue(labels, 'instance')
    const key = resourceKey({ job, instance })
    let resource = this.#resources.get(key)
    if (resource === undefined) {
      resource = { job, instance, attributes: new Uint8Array(0), infoKey: '', seriesCount: 0 }
      resource.attributes = resourceAttributes(resource, [])
      this.#resources.set(key, resource)
    }
    return resource
  }
}

function resourceKey({ job, instance }: Pick<Resource, 'job' | 'instance'>): string {
  return JSON.stringify([job, instance])
}

/** Labels of `target_info` become attributes of the resource. */
function describe(resource: Resource, info: Labels): void {
  const key = JSON.stringify(info)
  if (key === resource.infoKey) return
  resource.infoKey = key
  resource.attributes = resourceAttributes(resource, info)
}

function resourceAttributes(
  { job, instance }: Pick<Resource, 'job' | 'instance'>,
  info: Labels,
): Uint8Array {
  const into = new ProtoWriter()
  if (job !== '') writeAttribute(into, 1, 'service.name', job)
  if (instance !== '') writeAttribute(into, 1, 'service.instance.id', instance)
  writeAttributes(into, 1, info)
  return into.written().slice()
}

/** All labels but those that the name and the resource say. */
function writeAttributes(into: ProtoWriter, field: number, labels: Labels): void {
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]
    if (name === METRIC_NAME || name === 'job' || name === 'instance') continue
    writeAttribute(into, field, name, labels[i + 1])
  }
}
