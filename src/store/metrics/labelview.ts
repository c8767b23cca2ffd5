/** Reads names, label pairs, shapes and groups out of shared memory; any thread may. */
import { compareText, type Labels, labelsKey } from '../../model/labels.ts'
import * as at from './layout.ts'
import type { Memory } from './pages.ts'

/** Texts, and label sets of shapes and groups, kept before a cache starts again. */
const TEXT_CACHE_MAX = 65_536
const LABELS_CACHE_MAX = 8192

/** Labels with the text that is equal exactly for equal ones. */
export interface KeyedLabels {
  readonly labels: Labels
  readonly key: string
}

/** The label part of a head or of a window, for readers. */
export class LabelView {
  readonly memory: Memory
  readonly #names: Uint32Array[]
  readonly #pairs: Uint32Array[]
  readonly #lists: Uint32Array[]
  readonly #texts: Uint8Array[]
  readonly #shapes: Uint32Array[]
  readonly #groups: Uint32Array[]
  readonly #nameTexts: string[] = []
  #pairTexts = new Map<number, string>()
  #shapeLabels = new Map<number, KeyedLabels>()
  #groupLabels = new Map<number, KeyedLabels>()
  #reuses = 0

  constructor(memory: Memory) {
    this.memory = memory
    this.#names = memory.tables[at.NAMES].words
    this.#pairs = memory.tables[at.PAIRS].words
    this.#lists = memory.tables[at.LISTS].words
    this.#texts = memory.tables[at.TEXTS].bytes
    this.#shapes = memory.tables[at.SHAPES].words
    this.#groups = memory.tables[at.GROUPS].words
  }

  /** Forgets what is cached when numbers have been used again since, or when it is too much. */
  refresh(): void {
    const reuses = Atomics.load(this.memory.control, at.CONTROL_REUSES)
    const isReused = reuses !== this.#reuses
    this.#reuses = reuses
    if (isReused || this.#pairTexts.size > TEXT_CACHE_MAX) this.#pairTexts = new Map()
    if (isReused || this.#shapeLabels.size > LABELS_CACHE_MAX) this.#shapeLabels = new Map()
    if (isReused || this.#groupLabels.size > LABELS_CACHE_MAX) this.#groupLabels = new Map()
  }

  get nameCount(): number {
    return Atomics.load(this.memory.control, at.CONTROL_NAMES)
  }
  get pairCount(): number {
    return Atomics.load(this.memory.control, at.CONTROL_PAIRS)
  }
  get shapeCount(): number {
    return Atomics.load(this.memory.control, at.CONTROL_SHAPES)
  }
  get groupCount(): number {
    return Atomics.load(this.memory.control, at.CONTROL_GROUPS)
  }

  nameField(name: number, field: number): number {
    const index = name >>> at.NAME_SHIFT
    const page = this.#names[index] ?? this.memory.fetch(at.NAMES, index)
    return page[((name & NAME_MASK) << at.NAME_WORDS_SHIFT) + field]
  }

  pairField(pair: number, field: number): number {
    const index = pair >>> at.PAIR_SHIFT
    const page = this.#pairs[index] ?? this.memory.fetch(at.PAIRS, index)
    return page[((pair & PAIR_MASK) << at.PAIR_WORDS_SHIFT) + field]
  }

  shapeField(shape: number, field: number): number {
    const index = shape >>> at.SHAPE_SHIFT
    const page = this.#shapes[index] ?? this.memory.fetch(at.SHAPES, index)
    return page[((shape & SHAPE_MASK) << at.SHAPE_WORDS_SHIFT) + field]
  }

  groupField(group: number, field: number): number {
    const index = group >>> at.GROUP_SHIFT
    const page = this.#groups[index] ?? this.memory.fetch(at.GROUPS, index)
    return page[((group & GROUP_MASK) << at.GROUP_WORDS_SHIFT) + field]
  }

  /** Pair `index` of the list at `list`. */
  listItem(list: number, index: number): number {
    const page = list >>> at.LIST_SHIFT
    const words = this.#lists[page] ?? this.memory.fetch(at.LISTS, page)
    return words[(list & LIST_MASK) + index]
  }

  nameText(name: number): string {
    let text = this.#nameTexts[name]
    if (text === undefined) {
      text = this.#text(
        this.nameField(name, at.NAME_TEXT_PAGE),
        this.nameField(name, at.NAME_TEXT_AT),
        this.nameField(name, at.NAME_TEXT_LENGTH),
      )
      this.#nameTexts[name] = text
    }
    return text
  }

  /** The number of a label name; 0 when no series has it. */
  findName(text: string): number {
    const count = this.nameCount
    for (let name = 1; name < count; name++) if (this.nameText(name) === text) return name
    return 0
  }

  /** The value of a pair. */
  pairText(pair: number): string {
    let text = this.#pairTexts.get(pair)
    if (text === undefined) {
      text = this.#text(
        this.pairField(pair, at.PAIR_TEXT_PAGE),
        this.pairField(pair, at.PAIR_TEXT_AT),
        this.pairField(pair, at.PAIR_TEXT_LENGTH),
      )
      this.#pairTexts.set(pair, text)
    }
    return text
  }

  /** Whether a pair's value is exactly these UTF-8 bytes. */
  pairEquals(pair: number, bytes: Uint8Array): boolean {
    if (this.pairField(pair, at.PAIR_TEXT_LENGTH) !== bytes.length) return false
    const page = this.#textPage(this.pairField(pair, at.PAIR_TEXT_PAGE))
    const from = this.pairField(pair, at.PAIR_TEXT_AT)
    for (let i = 0; i < bytes.length; i++) if (page[from + i] !== bytes[i]) return false
    return true
  }

  /** The labels of a shape alone. */
  shapeLabels(shape: number): KeyedLabels {
    let found = this.#shapeLabels.get(shape)
    if (found === undefined) {
      const list = this.shapeField(shape, at.SHAPE_LIST)
      found = this.#listLabels(list, this.shapeField(shape, at.SHAPE_LENGTH))
      this.#shapeLabels.set(shape, found)
    }
    return found
  }

  /** The labels of a group alone. */
  groupLabels(group: number): KeyedLabels {
    let found = this.#groupLabels.get(group)
    if (found === undefined) {
      const list = this.groupField(group, at.GROUP_LIST)
      found = this.#listLabels(list, this.groupField(group, at.GROUP_LENGTH))
      this.#groupLabels.set(group, found)
    }
    return found
  }

  #listLabels(list: number, length: number): KeyedLabels {
    const labels: string[] = []
    for (let i = 0; i < length; i++) {
      const pair = this.listItem(list, i)
      labels.push(this.nameText(this.pairField(pair, at.PAIR_NAME)), this.pairText(pair))
    }
    return { labels, key: labelsKey(labels) }
  }

  #textPage(page: number): Uint8Array {
    if (this.#texts[page] === undefined) this.memory.fetch(at.TEXTS, page)
    return this.#texts[page]
  }

  #text(page: number, from: number, length: number): string {
    if (length === 0) return ''
    const bytes = this.#textPage(page)
    return Buffer.from(bytes.buffer, from, length).toString('utf8')
  }
}

/** Merges two label sets without common names. */
export function joinLabels(a: Labels, b: Labels): Labels {
  const joined: string[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (j >= b.length || (i < a.length && compareText(a[i], b[j]) < 0)) {
      joined.push(a[i], a[i + 1])
      i += 2
    } else {
      joined.push(b[j], b[j + 1])
      j += 2
    }
  }
  return joined
}

const NAME_MASK = (1 << at.NAME_SHIFT) - 1
const PAIR_MASK = (1 << at.PAIR_SHIFT) - 1
const SHAPE_MASK = (1 << at.SHAPE_SHIFT) - 1
const GROUP_MASK = (1 << at.GROUP_SHIFT) - 1
const LIST_MASK = (1 << at.LIST_SHIFT) - 1
