/** Shapes: small tables of known keys; one table reads, checks, hints and prints. */
import { NarthexError } from '../base/error.ts'
import { SECRET_TEXT, Secret } from '../base/secret.ts'
import { nearestName } from './nearest.ts'
import type { Report } from './report.ts'
import type { Mark, YamlNode } from './yaml.ts'

/** Where a value is read: what to call it, where to report, against which folder paths resolve. */
export interface Place {
  readonly report: Report
  /** Folder of the file, absolute. */
  readonly dir: string
  /** Name of the key, for messages. */
  readonly name: string
  /** Where the value stands, or what it is absent from. */
  readonly mark: Mark
}

/** A value as it is printed. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain }

/** How one kind of value is read and printed. */
export interface Shape<T> {
  /** Reads a node, undefined where the key is absent or null. Faults go to the report. */
  read(node: YamlNode | undefined, place: Place): T
  /** The value for printing, without secrets; undefined is left out. */
  show(node: YamlNode | undefined): Plain | undefined
}

/** What shapes hold under their keys. */
export type Keys<K> = { readonly [P in keyof K]: Shape<K[P]> }

/** What a map's reader knows besides the values. */
export interface MapPlace extends Place {
  /** Whether a key stands there and is not null. */
  has(key: string): boolean
  /** Where the value of a key stands; the map's own place when it is absent. */
  at(key: string): Mark
}

/** A node that says something, else undefined. */
export function given(node: YamlNode | undefined): YamlNode | undefined {
  return node === undefined || (node.kind === 'scalar' && node.isNull) ? undefined : node
}

/**
 * A map with known keys.
 *
 * @param type  what Prometheus calls it in its messages, as scripts look for that
 * @param keys  the shape of every key, in the order of printing
 * @param build makes the value; must take whatever the shapes hand out after a fault
 * @param check says what else is wrong; runs only when every key was fine
 * @param unknown `warned` for maps whose keys we may not know all
 */
export function mapOf<K, T>(
  type: string,
  keys: Keys<K>,
  build: (raw: K, place: MapPlace) => T,
  check?: (raw: K, place: MapPlace) => void,
  unknown: 'refused' | 'warned' = 'refused',
): Shape<T> {
  return {
    read(node, place) {
      const before = place.report.errors.length
      const found = readEntries(given(node), type, Object.keys(keys), place, unknown)
      const raw: Record<string, unknown> = {}
      for (const [key, shape] of Object.entries<Shape<unknown>>(keys)) {
        const value = given(found.get(key))
        raw[key] = shape.read(value, {
          ...place,
          name: key,
          mark: found.get(key)?.mark ?? place.mark,
        })
      }
      const inside: MapPlace = {
        ...place,
        has: (key) => given(found.get(key)) !== undefined,
        at: (key) => found.get(key)?.mark ?? place.mark,
      }
      if (place.report.errors.length === before) check?.(raw as K, inside)
      return build(raw as K, inside)
    },
    show(node) {
      if (node?.kind !== 'map') return undefined
      const values = new Map(node.entries.map((entry) => [entry.key, given(entry.value)]))
      const shown: Record<string, Plain> = {}
      for (const [key, shape] of Object.entries<Shape<unknown>>(keys)) {
        const plain = shape.show(values.get(key))
        if (plain !== undefined) shown[key] = plain
      }
      return Object.keys(shown).length === 0 ? undefined : shown
    },
  }
}

function readEntries(
  node: YamlNode | undefined,
  type: string,
  known: readonly string[],
  place: Place,
  unknown: 'refused' | 'warned',
): Map<string, YamlNode> {
  const found = new Map<string, YamlNode>()
  if (node === undefined) return found
  if (node.kind !== 'map') {
    place.report.error(node.mark, `cannot read ${place.name}: ${kindOf(node)}, wanted a map`)
    return found
  }
  for (const entry of node.entries) {
    if (found.has(entry.key)) {
      place.report.error(entry.keyMark, `field ${entry.key} already set in type ${type}`)
    } else if (!known.includes(entry.key)) {
      const near = nearestName(entry.key, known)
      const hint = near === undefined ? '' : `, did you mean ${near}?`
      const message = `field ${entry.key} not found in type ${type}${hint}`
      if (unknown === 'refused') place.report.error(entry.keyMark, message)
      else place.report.warn(entry.keyMark, message)
    }
    found.set(entry.key, entry.value)
  }
  return found
}

/** A list; with `nullMessage`, an empty entry is a fault. */
export function listOf<T>(item: Shape<T>, nullMessage?: string): Shape<readonly T[]> {
  return {
    read(node, place) {
      if (node === undefined) return []
      if (node.kind !== 'list') {
        place.report.error(node.mark, `cannot read ${place.name}: ${kindOf(node)}, wanted a list`)
        return []
      }
      const values: T[] = []
      for (const element of node.items) {
        if (nullMessage !== undefined && given(element) === undefined) {
          place.report.error(element.mark, nullMessage)
          continue
        }
        values.push(item.read(given(element), { ...place, mark: element.mark }))
      }
      return values
    },
    show(node) {
      if (node?.kind !== 'list' || node.items.length === 0) return undefined
      const shown: Plain[] = []
      for (const element of node.items) {
        const plain = item.show(given(element))
        if (plain !== undefined) shown.push(plain)
      }
      return shown
    },
  }
}

/** A map with free keys, in the order of the file. */
export function entriesOf<T>(value: Shape<T>): Shape<readonly (readonly [string, T])[]> {
  return {
    read(node, place) {
      if (node === undefined) return []
      if (node.kind !== 'map') {
        place.report.error(node.mark, `cannot read ${place.name}: ${kindOf(node)}, wanted a map`)
        return []
      }
      const seen = new Set<string>()
      return node.entries.map((entry) => {
        if (seen.has(entry.key)) {
          place.report.error(entry.keyMark, `key ${entry.key} already set in map`)
        }
        seen.add(entry.key)
        const inside = { ...place, name: entry.key, mark: entry.value.mark }
        return [entry.key, value.read(given(entry.value), inside)] as const
      })
    },
    show(node) {
      if (node?.kind !== 'map' || node.entries.length === 0) return undefined
      const shown: Record<string, Plain> = {}
      for (const entry of node.entries) shown[entry.key] = value.show(given(entry.value)) ?? ''
      return shown
    },
  }
}

/**
 * A value written as one text.
 *
 * @param parse  text to value; what it throws as NarthexError becomes a fault at the value's place
 * @param absent the value where nothing stands, also after a fault
 * @param shown  how a text is printed, and what is printed where nothing stands
 */
export function scalar<T>(
  wanted: string,
  parse: (text: string, place: Place) => T,
  absent: T,
  shown: { readonly text?: (text: string) => Plain; readonly absent?: Plain } = {},
): Shape<T> {
  return {
    read(node, place) {
      if (node === undefined) return absent
      if (node.kind !== 'scalar') {
        const message = `cannot read ${place.name}: ${kindOf(node)}, wanted ${wanted}`
        place.report.error(node.mark, message)
        return absent
      }
      try {
        return parse(node.text, place)
      } catch (error) {
        if (!(error instanceof NarthexError)) throw error
        place.report.error(node.mark, error.message)
        return absent
      }
    },
    show(node) {
      if (node?.kind !== 'scalar') return shown.absent
      return shown.text === undefined ? node.text : shown.text(node.text)
    },
  }
}

/** The same shape, printed as `plain` where nothing stands. */
export function shownAs<T>(shape: Shape<T>, plain: Plain): Shape<T> {
  return {
    read: (node, place) => shape.read(node, place),
    show: (node) => shape.show(node) ?? plain,
  }
}

/** A text that is never printed. */
export const secret: Shape<Secret | undefined> = scalar<Secret | undefined>(
  'a text',
  (text) => (text === '' ? undefined : new Secret(text)),
  undefined,
  { text: (text) => (text === '' ? '' : SECRET_TEXT) },
)

/** A key that is read and checked, but does nothing yet: present, it is a warning. */
export function later<T>(shape: Shape<T>, what: string): Shape<T> {
  return withWarning(shape, `${what} is not supported yet: it is checked, but has no effect`)
}

/** A key that has no meaning in this program: present, it is a warning. */
export function withWarning<T>(shape: Shape<T>, message: string): Shape<T> {
  return {
    read(node, place) {
      if (node !== undefined && !isEmpty(node)) place.report.warn(node.mark, message)
      return shape.read(node, place)
    },
    show: (node) => shape.show(node),
  }
}

function isEmpty(node: YamlNode): boolean {
  if (node.kind === 'list') return node.items.length === 0
  if (node.kind === 'map') return node.entries.length === 0
  return node.text === '' || node.text === 'false'
}

function kindOf(node: YamlNode): string {
  // A text is not quoted here: it may be a secret in the wrong place.
  if (node.kind === 'scalar') return 'a text'
  return node.kind === 'map' ? 'a map' : 'a list'
}

/** A map that is undefined where it is absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    read: (node, place) => (given(node) === undefined ? undefined : shape.read(node, place)),
    show: (node) => (given(node) === undefined ? undefined : shape.show(node)),
  }
}
