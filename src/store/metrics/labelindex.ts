/** Interns label names, pairs, shapes and groups into the tables of a memory; one thread writes. */
import { NarthexError } from '../../base/error.ts'
import { HashTable } from '../../base/hashtable.ts'
import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import { LabelView } from './labelview.ts'
import * as at from './layout.ts'
import type { Memory } from './pages.ts'
import { Texts } from './texts.ts'

/** Most labels of one series. */
export const LABELS_PER_SERIES_MAX = 4096

/** Uses of a pair that is out of every list and waits to be used again. */
const PAIR_RESTS = 0xffffffff

/** Labels that a series shares with its group are told apart by name alone. */
const SHAPE_NAMES: ReadonlySet<string> = new Set([METRIC_NAME, 'le', 'quantile'])

/** The writing side of LabelView. */
export class LabelIndex {
  readonly view: LabelView
  readonly #memory: Memory
  readonly #texts: Texts
  readonly #nameOfText = new Map<string, number>()
  /** The pair of each name that was asked for last: series of one target share most of theirs. */
  #lastValues: string[] = []
  #lastPairs: number[] = []
  readonly #pairTable: HashTable
  readonly #shapeTable: HashTable
  readonly #groupTable: HashTable
  readonly #freeLists = new Map<number, number[]>()
  readonly #freePairs: number[] = []
  readonly #freeShapes: number[] = []
  readonly #freeGroups: number[] = []
  #listEnd = 1
  readonly #list: Uint32Array = new Uint32Array(LABELS_PER_SERIES_MAX)
  readonly #restList: Uint32Array = new Uint32Array(LABELS_PER_SERIES_MAX)
  #length = 0
  #restLength = 0

  constructor(memory: Memory) {
    this.#memory = memory
    this.view = new LabelView(memory)
    this.#texts = new Texts(memory)
    this.#pairTable = new HashTable((pair) => this.view.pairField(pair, at.PAIR_HASH))
    this.#shapeTable = new HashTable((shape) => this.view.shapeField(shape, at.SHAPE_HASH))
    this.#groupTable = new HashTable((group) => this.view.groupField(group, at.GROUP_HASH))
    for (const count of [
      at.CONTROL_NAMES,
      at.CONTROL_PAIRS,
      at.CONTROL_SHAPES,
      at.CONTROL_GROUPS,
    ]) {
      Atomics.store(memory.control, count, 1)
    }
    memory.ensurePage(at.NAMES, 0, 4 << (at.NAME_SHIFT + at.NAME_WORDS_SHIFT))
    memory.ensurePage(at.PAIRS, 0, 4 << (at.PAIR_SHIFT + at.PAIR_WORDS_SHIFT))
  }

  /** The group and the shape that `find` or `intern` came to; 0 where `find` found none. */
  group = 0
  shape = 0
  /** First ordinal of new groups: above those of removed ones, which may have had the same labels. */
  ordinalFloor = 0

  /** Looks for the group and the shape of a label set, and makes nothing. */
  find(labels: Labels): void {
    this.group = 0
    this.shape = 0
    if (!this.#split(labels, false)) return
    this.group = this.#findGroup(hashList(this.#list, this.#length), this.#list, this.#length)
    const restHash = hashList(this.#restList, this.#restLength)
    this.shape = this.#findShape(restHash, this.#restList, this.#restLength)
  }

  /**
   * Finds or makes the group and the shape of a label set.
   *
   * @throws NarthexError `bad_data` for more than LABELS_PER_SERIES_MAX labels
   */
  intern(labels: Labels): void {
    if (labels.length / 2 > LABELS_PER_SERIES_MAX) {
      throw new NarthexError(
        'bad_data',
        `cannot store series: ${labels.length / 2} labels, at most ${LABELS_PER_SERIES_MAX}`,
      )
    }
    this.#split(labels, true)
    this.group = this.internGroup(this.#list, this.#length)
    this.shape = this.internShape(this.#restList, this.#restLength)
  }

  /** Finds or makes a pair. */
  pair(name: string, value: string): number {
    return this.#pair(name, value, true)
  }

  /** Leaves the pairs of a label set in two lists; false when one is missing and none is made. */
  #split(labels: Labels, isMade: boolean): boolean {
    this.#length = 0
    this.#restLength = 0
    if (labels.length / 2 > LABELS_PER_SERIES_MAX) return false
    const ofTarget = isOfTarget(labels)
    for (let i = 0; i < labels.length; i += 2) {
      const pair = this.#pair(labels[i], labels[i + 1], isMade)
      if (pair === 0) return false
      if (isGroupName(labels[i], ofTarget)) this.#list[this.#length++] = pair
      else this.#restList[this.#restLength++] = pair
    }
    return true
  }

  #pair(name: string, value: string, isMade: boolean): number {
    const known = this.#nameOfText.get(name)
    if (known === undefined && !isMade) return 0
    const nameNumber = known ?? this.#addName(name)
    if (this.#lastValues[nameNumber] === value) return this.#lastPairs[nameNumber]
    const texts = this.#texts
    const hash = texts.load(value, nameNumber)
    const view = this.view
    let pair = this.#pairTable.find(
      hash,
      (candidate) =>
        view.pairField(candidate, at.PAIR_HASH) === hash &&
        view.pairField(candidate, at.PAIR_NAME) === nameNumber &&
        view.pairEquals(candidate, texts.loaded),
    )
    if (pair === 0 && isMade) pair = this.#addPair(nameNumber, hash)
    if (pair === 0) return 0
    this.#lastValues[nameNumber] = value
    this.#lastPairs[nameNumber] = pair
    return pair
  }

  #findShape(hash: number, pairs: Uint32Array, length: number): number {
    const view = this.view
    return this.#shapeTable.find(
      hash,
      (shape) =>
        view.shapeField(shape, at.SHAPE_HASH) === hash &&
        view.shapeField(shape, at.SHAPE_LENGTH) === length &&
        this.#equalList(view.shapeField(shape, at.SHAPE_LIST), pairs, length),
    )
  }

  #findGroup(hash: number, pairs: Uint32Array, length: number): number {
    const view = this.view
    return this.#groupTable.find(
      hash,
      (group) =>
        view.groupField(group, at.GROUP_HASH) === hash &&
        view.groupField(group, at.GROUP_LENGTH) === length &&
        this.#equalList(view.groupField(group, at.GROUP_LIST), pairs, length),
    )
  }

  internShape(pairs: Uint32Array, length: number): number {
    const hash = hashList(pairs, length)
    const found = this.#findShape(hash, pairs, length)
    return found === 0 ? this.#addShape(hash, pairs, length) : found
  }

  internGroup(pairs: Uint32Array, length: number): number {
    const hash = hashList(pairs, length)
    const found = this.#findGroup(hash, pairs, length)
    return found === 0 ? this.#addGroup(hash, pairs, length) : found
  }

  /** Takes shapes without columns out of every list; their numbers come back with `recycleShape`. */
  removeShapes(shapes: readonly number[]): void {
    const metrics = new Set<number>()
    for (const shape of shapes) {
      const { words, from } = this.#shapeWords(shape)
      this.#shapeTable.remove(words[from + at.SHAPE_HASH], shape)
      words[from + at.SHAPE_LIVE] = 0
      metrics.add(words[from + at.SHAPE_METRIC])
      this.#releaseList(words[from + at.SHAPE_LIST], words[from + at.SHAPE_LENGTH])
    }
    for (const metric of metrics) {
      const head = this.#pairWords(metric)
      let place = head.from + at.PAIR_FIRST_SHAPE
      let words = head.words
      for (let shape = words[place]; shape !== 0; shape = words[place]) {
        const next = this.#shapeWords(shape)
        if (next.words[next.from + at.SHAPE_LIVE] === 0) {
          words[place] = next.words[next.from + at.SHAPE_NEXT_OF_METRIC]
        } else {
          words = next.words
          place = next.from + at.SHAPE_NEXT_OF_METRIC
        }
      }
    }
  }

  /** Takes a group without columns out. */
  removeGroup(group: number): void {
    const { words, from } = this.#groupWords(group)
    this.#groupTable.remove(words[from + at.GROUP_HASH], group)
    words[from + at.GROUP_LIVE] = 0
    this.ordinalFloor = Math.max(this.ordinalFloor, words[from + at.GROUP_ROW_END])
    this.#releaseList(words[from + at.GROUP_LIST], words[from + at.GROUP_LENGTH])
  }

  /** Takes out all pairs that nothing uses any more, and returns them. */
  removePairs(): number[] {
    this.#lastValues = []
    this.#lastPairs = []
    const removed: number[] = []
    const names = new Set<number>()
    for (let pair = 1; pair < this.view.pairCount; pair++) {
      const { words, from } = this.#pairWords(pair)
      const name = words[from + at.PAIR_NAME]
      if (name === 0 || words[from + at.PAIR_USES] !== 0) continue
      words[from + at.PAIR_USES] = PAIR_RESTS
      this.#pairTable.remove(words[from + at.PAIR_HASH], pair)
      names.add(name)
      removed.push(pair)
    }
    for (const name of names) this.#unlinkPairs(name)
    return removed
  }

  /** Gives numbers and lists of removed records back, once no reader can know them. */
  recycleShape(shape: number): void {
    const { words, from } = this.#shapeWords(shape)
    this.#freeList(words[from + at.SHAPE_LIST], words[from + at.SHAPE_LENGTH])
    this.#freeShapes.push(shape)
  }

  recycleGroup(group: number): void {
    const { words, from } = this.#groupWords(group)
    this.#freeList(words[from + at.GROUP_LIST], words[from + at.GROUP_LENGTH])
    this.#freeGroups.push(group)
  }

  recyclePair(pair: number): void {
    const { words, from } = this.#pairWords(pair)
    this.#texts.release(words[from + at.PAIR_TEXT_PAGE], words[from + at.PAIR_TEXT_LENGTH])
    words[from + at.PAIR_NAME] = 0
    words[from + at.PAIR_USES] = 0
    this.#freePairs.push(pair)
  }

  #unlinkPairs(name: number): void {
    const names = this.#memory.tables[at.NAMES].words[name >>> at.NAME_SHIFT]
    const nameFrom = (name & ((1 << at.NAME_SHIFT) - 1)) << at.NAME_WORDS_SHIFT
    let words = names
    let place = nameFrom + at.NAME_FIRST_PAIR
    for (let pair = words[place]; pair !== 0; pair = words[place]) {
      const next = this.#pairWords(pair)
      if (next.words[next.from + at.PAIR_USES] === PAIR_RESTS) {
        words[place] = next.words[next.from + at.PAIR_NEXT_OF_NAME]
        names[nameFrom + at.NAME_PAIR_COUNT]--
      } else {
        words = next.words
        place = next.from + at.PAIR_NEXT_OF_NAME
      }
    }
  }

  #addName(text: string): number {
    const memory = this.#memory
    const name = memory.control[at.CONTROL_NAMES]
    memory.ensurePage(at.NAMES, name >>> at.NAME_SHIFT, 4 << (at.NAME_SHIFT + at.NAME_WORDS_SHIFT))
    const words = memory.tables[at.NAMES].words[name >>> at.NAME_SHIFT]
    const from = (name & ((1 << at.NAME_SHIFT) - 1)) << at.NAME_WORDS_SHIFT
    this.#texts.load(text, 0)
    this.#texts.store()
    words[from + at.NAME_TEXT_PAGE] = this.#texts.page
    words[from + at.NAME_TEXT_AT] = this.#texts.from
    words[from + at.NAME_TEXT_LENGTH] = this.#texts.loaded.length
    Atomics.store(memory.control, at.CONTROL_NAMES, name + 1)
    this.#nameOfText.set(text, name)
    return name
  }

  #addPair(name: number, hash: number): number {
    const memory = this.#memory
    const reused = this.#freePairs.pop()
    const pair = reused ?? memory.control[at.CONTROL_PAIRS]
    memory.ensurePage(at.PAIRS, pair >>> at.PAIR_SHIFT, 4 << (at.PAIR_SHIFT + at.PAIR_WORDS_SHIFT))
    const { words, from } = this.#pairWords(pair)
    this.#texts.store()
    words[from + at.PAIR_NAME] = name
    words[from + at.PAIR_TEXT_PAGE] = this.#texts.page
    words[from + at.PAIR_TEXT_AT] = this.#texts.from
    words[from + at.PAIR_TEXT_LENGTH] = this.#texts.loaded.length
    words[from + at.PAIR_HASH] = hash
    words[from + at.PAIR_FIRST_SHAPE] = 0
    words[from + at.PAIR_USES] = 0
    const names = memory.tables[at.NAMES].words[name >>> at.NAME_SHIFT]
    const nameFrom = (name & ((1 << at.NAME_SHIFT) - 1)) << at.NAME_WORDS_SHIFT
    words[from + at.PAIR_NEXT_OF_NAME] = names[nameFrom + at.NAME_FIRST_PAIR]
    if (reused === undefined) Atomics.store(memory.control, at.CONTROL_PAIRS, pair + 1)
    else this.#noteReuse()
    Atomics.store(names, nameFrom + at.NAME_FIRST_PAIR, pair)
    names[nameFrom + at.NAME_PAIR_COUNT]++
    this.#pairTable.add(hash, pair)
    return pair
  }

  #addShape(hash: number, pairs: Uint32Array, length: number): number {
    const memory = this.#memory
    const reused = this.#freeShapes.pop()
    const shape = reused ?? memory.control[at.CONTROL_SHAPES]
    memory.ensurePage(
      at.SHAPES,
      shape >>> at.SHAPE_SHIFT,
      4 << (at.SHAPE_SHIFT + at.SHAPE_WORDS_SHIFT),
    )
    const { words, from } = this.#shapeWords(shape)
    const metricName = this.#nameOfText.get(METRIC_NAME) ?? 0
    let metric = 0
    for (let i = 0; i < length; i++) {
      if (this.view.pairField(pairs[i], at.PAIR_NAME) === metricName) metric = pairs[i]
    }
    words[from + at.SHAPE_LIST] = this.#storeList(pairs, length)
    words[from + at.SHAPE_LENGTH] = length
    words[from + at.SHAPE_HASH] = hash
    words[from + at.SHAPE_FIRST_COLUMN] = 0
    words[from + at.SHAPE_COLUMN_COUNT] = 0
    words[from + at.SHAPE_METRIC] = metric
    words[from + at.SHAPE_LIVE] = 1
    const metricWords = this.#pairWords(metric)
    words[from + at.SHAPE_NEXT_OF_METRIC] =
      metricWords.words[metricWords.from + at.PAIR_FIRST_SHAPE]
    if (reused === undefined) Atomics.store(memory.control, at.CONTROL_SHAPES, shape + 1)
    else this.#noteReuse()
    Atomics.store(metricWords.words, metricWords.from + at.PAIR_FIRST_SHAPE, shape)
    this.#shapeTable.add(hash, shape)
    return shape
  }

  #addGroup(hash: number, pairs: Uint32Array, length: number): number {
    const memory = this.#memory
    const reused = this.#freeGroups.pop()
    const group = reused ?? memory.control[at.CONTROL_GROUPS]
    memory.ensurePage(
      at.GROUPS,
      group >>> at.GROUP_SHIFT,
      4 << (at.GROUP_SHIFT + at.GROUP_WORDS_SHIFT),
    )
    const { words, from } = this.#groupWords(group)
    const sequence = words[from + at.GROUP_SEQUENCE]
    const seals = words[from + at.GROUP_SEALS]
    words.fill(0, from, from + (1 << at.GROUP_WORDS_SHIFT))
    words[from + at.GROUP_SEQUENCE] = sequence
    words[from + at.GROUP_SEALS] = seals
    words[from + at.GROUP_LIST] = this.#storeList(pairs, length)
    words[from + at.GROUP_LENGTH] = length
    words[from + at.GROUP_HASH] = hash
    words[from + at.GROUP_LIVE] = 1
    words[from + at.GROUP_ROW_START] = this.ordinalFloor
    words[from + at.GROUP_ROW_END] = this.ordinalFloor
    if (reused === undefined) Atomics.store(memory.control, at.CONTROL_GROUPS, group + 1)
    else this.#noteReuse()
    this.#groupTable.add(hash, group)
    return group
  }

  /** Readers forget what they have cached under numbers. */
  #noteReuse(): void {
    Atomics.add(this.#memory.control, at.CONTROL_REUSES, 1)
    this.view.refresh()
  }

  #storeList(pairs: Uint32Array, length: number): number {
    for (let i = 0; i < length; i++) {
      const { words, from } = this.#pairWords(pairs[i])
      words[from + at.PAIR_USES]++
    }
    const free = this.#freeLists.get(length)
    let list = free?.pop()
    if (list === undefined) {
      const room = (1 << at.LIST_SHIFT) - (this.#listEnd & ((1 << at.LIST_SHIFT) - 1))
      if (length > room) this.#listEnd += room
      list = this.#listEnd
      this.#listEnd += length
    }
    this.#memory.ensurePage(at.LISTS, list >>> at.LIST_SHIFT, 4 << at.LIST_SHIFT)
    const words = this.#memory.tables[at.LISTS].words[list >>> at.LIST_SHIFT]
    words.set(pairs.subarray(0, length), list & ((1 << at.LIST_SHIFT) - 1))
    return list
  }

  /** Counts the pairs of a list down; the words stay readable until the list is recycled. */
  #releaseList(list: number, length: number): void {
    for (let i = 0; i < length; i++) {
      const { words, from } = this.#pairWords(this.view.listItem(list, i))
      words[from + at.PAIR_USES]--
    }
  }

  #freeList(list: number, length: number): void {
    const free = this.#freeLists.get(length)
    if (free === undefined) this.#freeLists.set(length, [list])
    else free.push(list)
  }

  #equalList(list: number, pairs: Uint32Array, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.view.listItem(list, i) !== pairs[i]) return false
    return true
  }

  #pairWords(pair: number): { words: Uint32Array; from: number } {
    return {
      words: this.#memory.tables[at.PAIRS].words[pair >>> at.PAIR_SHIFT],
      from: (pair & ((1 << at.PAIR_SHIFT) - 1)) << at.PAIR_WORDS_SHIFT,
    }
  }

  #shapeWords(shape: number): { words: Uint32Array; from: number } {
    return {
      words: this.#memory.tables[at.SHAPES].words[shape >>> at.SHAPE_SHIFT],
      from: (shape & ((1 << at.SHAPE_SHIFT) - 1)) << at.SHAPE_WORDS_SHIFT,
    }
  }

  #groupWords(group: number): { words: Uint32Array; from: number } {
    return {
      words: this.#memory.tables[at.GROUPS].words[group >>> at.GROUP_SHIFT],
      from: (group & ((1 << at.GROUP_SHIFT) - 1)) << at.GROUP_WORDS_SHIFT,
    }
  }
}

/** Whether a series belongs to a scraped target: it has a job and an instance. */
function isOfTarget(labels: Labels): boolean {
  let found = 0
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === 'job' || labels[i] === 'instance') found++
  }
  return found === 2
}

/** Whether a label belongs to the group: a pure function of the series' own labels. */
function isGroupName(name: string, ofTarget: boolean): boolean {
  return ofTarget ? name === 'job' || name === 'instance' : !SHAPE_NAMES.has(name)
}

function hashList(pairs: Uint32Array, length: number): number {
  let hash = 0x9e3779b9
  for (let i = 0; i < length; i++) {
    hash = Math.imul(hash ^ pairs[i], 0x85ebca6b)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ length, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
