/** Takes messages out of ready elements; what stays is not matched anew. */
import { copyBytes } from './copybytes.ts'
import type { DroppedBytes } from './droppedbytes.ts'
import { ELEMENT, type ElementWriter, OFFSET_MAX, readElement } from './elements.ts'

/**
 * Writes elements anew, without what makes dropped bytes.
 *
 * A copy that drew from dropped bytes draws from where those had come from; where they were
 * literal, or that is too far back, it becomes literal.
 *
 * @param elements from `elementsFrom` on, of raw [from, end); all that is dropped before has been
 *   passed through here, and lies where it did
 * @param raw      gets what becomes literal, as it lies without what is dropped
 * @param writer   of `raw`, stands where `from` comes to lie
 * @param textOf   all that was
 */
export function writeWithout(
  elements: Uint8Array,
  elementsFrom: number,
  from: number,
  end: number,
  raw: Uint8Array,
  dropped: DroppedBytes,
  writer: ElementWriter,
  textOf: () => Uint8Array,
): void {
  let runFrom = elementsFrom
  let rawAt = from
  for (let at = elementsFrom; at < elements.length; ) {
    const elementFrom = at
    at = readElement(elements, at)
    const rawTo = rawAt + ELEMENT[0]
    const offset = ELEMENT[1]
    dropped.advance(rawAt)
    if (dropped.meets(rawAt - offset, rawTo)) {
      if (elementFrom > runFrom) {
        writer.verbatim(elements, runFrom, elementFrom, dropped.placeOf(rawAt) - writer.at)
      }
      if (offset === 0) {
        splitLiteral(elements, at - (rawTo - rawAt), raw, dropped, rawAt, rawTo, writer)
      } else {
        splitCopy(elements, raw, dropped, rawAt, rawTo, offset, writer, textOf)
      }
      runFrom = at
    }
    rawAt = rawTo
  }
  if (elements.length > runFrom) {
    writer.verbatim(elements, runFrom, elements.length, dropped.placeOf(end) - writer.at)
  }
  writer.flush()
}

/** Keeps of a literal for raw [from, end) what is not dropped. */
function splitLiteral(
  elements: Uint8Array,
  literalFrom: number,
  raw: Uint8Array,
  dropped: DroppedBytes,
  from: number,
  end: number,
  writer: ElementWriter,
): void {
  for (let at = from; at < end; ) {
    dropped.locate(at)
    const to = Math.min(end, dropped.turn)
    const place = literalFrom + at - from
    if (dropped.isDropped) {
      dropped.note(at, to, ~place)
    } else {
      copyBytes(elements, place, place + to - at, raw, writer.at)
      writer.literal(to - at)
    }
    at = to
  }
}

/** Keeps of a copy for raw [from, end) what is not dropped, wherever that has to come from now. */
function splitCopy(
  elements: Uint8Array,
  raw: Uint8Array,
  dropped: DroppedBytes,
  from: number,
  end: number,
  offset: number,
  writer: ElementWriter,
  textOf: () => Uint8Array,
): void {
  for (let at = from; at < end; ) {
    const drawn = at - offset
    dropped.locate(drawn)
    let origin = drawn
    let drawnEnd = dropped.turn
    if (dropped.isDropped) {
      const piece = dropped.pieceAt(drawn)
      origin = dropped.originIn(piece, drawn)
      drawnEnd = dropped.pieceEnd(piece)
    }
    dropped.locate(at)
    const sizeBytes = Math.min(end, dropped.turn, at + drawnEnd - drawn) - at
    if (dropped.isDropped) {
      dropped.note(at, at + sizeBytes, origin)
    } else if (origin < 0) {
      copyBytes(elements, ~origin, ~origin + sizeBytes, raw, writer.at)
      writer.literal(sizeBytes)
    } else {
      const reach = writer.at - dropped.placeOf(origin)
      if (reach <= OFFSET_MAX) {
        writer.copy(reach, sizeBytes)
      } else {
        copyBytes(textOf(), at, at + sizeBytes, raw, writer.at)
        writer.literal(sizeBytes)
      }
    }
    at += sizeBytes
  }
}
