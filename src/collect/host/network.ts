/** Interfaces: what went through them, and what they are. */
import { readdirSync } from 'node:fs'
import type { Collector, HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import type { HostRow, Thing } from './row.ts'
import { WordMap } from './words.ts'

const COLON = 58

/** How the columns of a net/dev file become series. */
export interface DeviceSeries {
  /** Metric of each of the 16 columns; '' leaves one out. */
  readonly columns: readonly string[]
  /** Label with the interface. */
  readonly label: string
  readonly pairs: readonly (readonly [string, string])[]
  isExcluded(device: string): boolean
}

interface Device {
  readonly name: string
  thing: Thing | undefined
  slots: readonly number[]
}

/** The interfaces of one network namespace. */
export class DeviceTable {
  readonly #series: DeviceSeries
  readonly #devices = new WordMap<Device | undefined>()

  constructor(series: DeviceSeries) {
    this.#series = series
  }

  /** Sets the values of every interface in a net/dev file that has just been read. */
  collect(file: KeptFile, row: HostRow, each?: (device: string, thing: Thing) => void): void {
    this.#devices.rewind()
    file.nextLine()
    file.nextLine()
    for (; !file.atEnd; file.nextLine()) {
      file.skipBlanks()
      const from = file.at
      if (!file.seek(COLON)) continue
      const device = this.#devices.find(file, from, file.at++, (name) =>
        this.#series.isExcluded(name) ? undefined : { name, thing: undefined, slots: [] },
      )
      if (device === undefined) continue
      const thing = this.#open(row, device)
      for (const slot of device.slots) {
        const value = file.number()
        if (slot >= 0) row.set(slot, value)
      }
      each?.(device.name, thing)
    }
    this.#devices.prune((device) => device?.thing?.gone !== true)
  }

  #open(row: HostRow, device: Device): Thing {
    if (device.thing !== undefined && !device.thing.gone) return device.thing
    const { columns, label, pairs } = this.#series
    const thing = row.thing()
    device.thing = thing
    device.slots = columns.map((metric) =>
      metric === '' ? -1 : row.slot(thing, metric, [label, device.name], ...pairs),
    )
    return thing
  }
}

const RECEIVE = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast']
const TRANSMIT = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed']

const HOST_DEVICES: DeviceSeries = {
  columns: [
    ...RECEIVE.map((what) => `node_network_receive_${what}_total`),
    ...TRANSMIT.map((what) => `node_network_transmit_${what}_total`),
  ],
  label: 'device',
  pairs: [],
  isExcluded: (device) => device === 'lo',
}

/** Opens the collector of traffic. */
export function openNetdev(paths: HostPaths): Collector {
  const file = new KeptFile(`${paths.proc}/net/dev`)
  const table = new DeviceTable(HOST_DEVICES)
  const attribute = new KeptFile('')
  const nohandler = new Map<string, { readonly thing: Thing; readonly slot: number }>()
  return {
    name: 'netdev',
    collect(row) {
      if (!file.read()) return false
      table.collect(file, row, (device, thing) => {
        const path = `${paths.sys}/class/net/${device}/statistics/rx_nohandler`
        if (!attribute.readFrom(path)) return
        let held = nohandler.get(device)
        if (held?.thing !== thing) {
          const metric = 'node_network_receive_nohandler_total'
          held = { thing, slot: row.slot(thing, metric, ['device', device]) }
          nohandler.set(device, held)
        }
        row.set(held.slot, attribute.number())
      })
      for (const [device, held] of nohandler) if (held.thing.gone) nohandler.delete(device)
      return true
    },
    close: () => file.close(),
  }
}

/** Attributes of an interface that are numbers, with their factor. */
const ATTRIBUTES: readonly (readonly [string, string, number])[] = [
  ['carrier', 'node_network_carrier', 1],
  ['carrier_changes', 'node_network_carrier_changes_total', 1],
  ['mtu', 'node_network_mtu_bytes', 1],
  ['speed', 'node_network_speed_bytes', 1_000_000 / 8],
  ['tx_queue_len', 'node_network_transmit_queue_length', 1],
]

const FACTS = ['address', 'broadcast', 'duplex', 'ifalias', 'operstate'] as const

interface Interface {
  readonly thing: Thing
  readonly up: number
  /**
   * Slots of ATTRIBUTES: undefined until read, null where the kernel refuses while the facts stay.
   */
  readonly slots: (number | null | undefined)[]
  /** The labels of its info, as one text, and their series: a new one when they change. */
  facts: string
  info: { readonly thing: Thing; readonly slot: number } | undefined
}

/** Opens the collector of what the interfaces are. */
export function openNetclass(paths: HostPaths): Collector {
  const folder = `${paths.sys}/class/net`
  const file = new KeptFile('')
  const interfaces = new Map<string, Interface>()
  return {
    name: 'netclass',
    collect(row) {
      const devices = listFolder(folder)
      for (const device of devices)
        readInterface(file, `${folder}/${device}`, device, row, interfaces)
      for (const [device, held] of interfaces) if (held.thing.gone) interfaces.delete(device)
      return devices.length > 0
    },
    close() {},
  }
}

/** Names in a folder; none where it cannot be read. */
function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Not on this host: the collector has nothing to say.
    return []
  }
}

function readInterface(
  file: KeptFile,
  folder: string,
  device: string,
  row: HostRow,
  interfaces: Map<string, Interface>,
): void {
  if (!file.readFrom(`${folder}/operstate`)) return
  let held = interfaces.get(device)
  if (held === undefined || held.thing.gone) {
    const thing = row.thing()
    const up = row.slot(thing, 'node_network_up', ['device', device])
    held = { thing, up, slots: ATTRIBUTES.map(() => undefined), facts: '', info: undefined }
    interfaces.set(device, held)
  }
  readFacts(file, folder, device, row, held)
  for (let i = 0; i < ATTRIBUTES.length; i++) {
    const [name, metric, factor] = ATTRIBUTES[i]
    if (held.slots[i] === null) continue
    if (!file.readFrom(`${folder}/${name}`)) {
      if (held.slots[i] === undefined) held.slots[i] = null
      continue
    }
    const slot = held.slots[i] ?? row.slot(held.thing, metric, ['device', device])
    held.slots[i] = slot
    row.set(slot, file.number() * factor)
  }
}

function readFacts(
  file: KeptFile,
  folder: string,
  device: string,
  row: HostRow,
  held: Interface,
): void {
  const values = FACTS.map((name) => {
    if (!file.readFrom(`${folder}/${name}`)) return ''
    return file.text(0, file.end).trim()
  })
  const facts = values.join('\n')
  if (held.info === undefined || held.info.thing.gone || held.facts !== facts) {
    const thing = row.thing()
    const pairs = FACTS.map((name, i) => [name, values[i]] as const)
    const slot = row.slot(thing, 'node_network_info', ['device', device], ...pairs)
    held.info = { thing, slot }
    held.facts = facts
    for (let i = 0; i < held.slots.length; i++) held.slots[i] ??= undefined
  }
  row.set(held.info.slot, 1)
  row.set(held.up, values[FACTS.indexOf('operstate')] === 'up' ? 1 : 0)
}
