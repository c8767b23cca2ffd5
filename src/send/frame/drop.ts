/** Takes messages out of ready elements; what stays is not matched anew. */
import { copyBytes } from './copybytes.ts'
import type { DroppedBytes } from './droppedbytes.ts'
import { ELEMENT, ELEMENTS_AT, type ElementWriter, OFFSET_MAX, readElement } from './elements.ts'
import type { Workbench } from './workbench.ts'

/**
 * Writes the elements of `source` anew, without what makes dropped bytes, and notes in the runs of
 * the workbench what was taken over as it is.
 *
 * A copy that drew from dropped bytes draws from where those had come from; where they were
 * literal, it becomes literal. Nothing is decoded.
 *
 * @param source   elements, from ELEMENTS_AT on
 * @param rawBytes what is left of them makes
 * @param bench    has the messages as they lie without what is dropped; what becomes literal of
 *   `raw` is filled in here
 * @param writer   has nothing written yet
 * @returns false when a copy would have to reach too far back
 */
export function writeWithout(
  source: Uint8Array,
  rawBytes: number,
  bench: Workbench,
  dropped: DroppedBytes,
  writer: ElementWriter,
): boolean {
  const { runs } = bench
  runs.clear()
  let runFrom = ELEMENTS_AT
  let rawAt = 0
  for (let at = dropped.isEmpty ? source.length : ELEMENTS_AT; at < source.length; ) {
    const elementFrom = at
    at = readElement(source, at)
    const rawTo = rawAt + ELEMENT[0]
    const offset = ELEMENT[1]
    dropped.advance(rawAt)
    if (dropped.meets(rawAt - offset, rawTo)) {
      if (elementFrom > runFrom) {
        const runBytes = dropped.placeOf(rawAt) - writer.at
        runs.add(runFrom, elementFrom, writer.verbatim(source, runFrom, elementFrom, runBytes))
      }
      if (offset === 0) {
        splitLiteral(source, at - (rawTo - rawAt), bench.raw, dropped, rawAt, rawTo, writer)
      } else if (!splitCopy(source, bench.raw, dropped, rawAt, rawTo, offset, writer)) {
        return false
      }
      runFrom = at
    }
    rawAt = rawTo
  }
  if (source.length > runFrom) {
    const runBytes = rawBytes - writer.at
    runs.add(runFrom, source.length, writer.verbatim(source, runFrom, source.length, runBytes))
  }
  return true
}

/** Keeps of a literal for raw [from, end) what is not dropped. */
function splitLiteral(
  source: Uint8Array,
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
      copyBytes(source, place, place + to - at, raw, writer.at)
      writer.literal(to - at)
    }
    at = to
  }
}

/** Keeps of a copy for raw [from, end) what is not dropped, wherever that has to come from now. */
function splitCopy(
  source: Uint8Array,
  raw: Uint8Array,
  dropped: DroppedBytes,
  from: number,
  end: number,
  offset: number,
  writer: ElementWriter,
): boolean {
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
      copyBytes(source, ~origin, ~origin + sizeBytes, raw, writer.at)
      writer.literal(sizeBytes)
    } else {
      const reach = writer.at - dropped.placeOf(origin)
      if (reach > OFFSET_MAX) return false
      writer.copy(reach, sizeBytes)
    }
    at += sizeBytes
  }
  return true
}
