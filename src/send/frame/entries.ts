/** What is known of each series of a segment, by its place in it. */
import { COPIED_BYTES_MAX, COPY_BYTES } from './elements.ts'
import { TIME_FIELD_BYTES, VALUE_BYTES } from './message.ts'

/** Bytes of an entry. */
const ENTRY_BYTES = 22

/** COPIED_BYTES_MAX is 2^COPIED_BITS. */
const COPIED_BITS = 6

/** They are counted in two bytes. */
export const HEAD_BYTES_MAX = 65_535

/** Fields of a joint. */
export const JOINT_FIELDS = 8
/** Bytes of the elements of the text before the lead, in the heads. */
export const HEAD_BYTES = 0
/** How far back the lead reaches, 0: there is none; the entry from whose value it copies; its bytes before the value. */
export const LEAD_OFFSET = 1
export const LEAD_SOURCE = 2
export const LEAD_BYTES = 3
/** The same of the trail; its bytes behind the time. */
export const TRAIL_OFFSET = 4
export const TRAIL_SOURCE = 5
export const TRAIL_BYTES = 6
/** The furthest that anything of it reaches back. */
export const REACH = 7

export class Entries {
  /** Place in the row. */
  rows: Uint32Array = new Uint32Array(0)
  /** Bytes of each message, decoded. */
  sizes: Uint16Array = new Uint16Array(0)
  /**
   * JOINT_FIELDS for each entry: what its message consists of. In this order: elements of its text
   * that follow the trail of the message before it, the *lead*, a copy that ends in its value, the
   * bytes of the value that neither lead nor trail makes, and the *trail*, a copy that begins in
   * the value, goes on through the time and ends in the text of the next message.
   */
  joints: Uint16Array = new Uint16Array(0)

  get sizeBytes(): number {
    return this.rows.buffer.byteLength
  }

  /** How many entries there is room for. */
  get room(): number {
    return this.rows.length
  }

  /** Makes room for so many entries; those that are there stay. */
  grow(room: number): void {
    const { rows, sizes, joints } = this
    const buffer = new ArrayBuffer(ENTRY_BYTES * room)
    this.rows = new Uint32Array(buffer, 0, room)
    this.sizes = new Uint16Array(buffer, 4 * room, room)
    this.joints = new Uint16Array(buffer, 6 * room, JOINT_FIELDS * room)
    this.rows.set(rows)
    this.sizes.set(sizes)
    this.joints.set(joints)
  }

  /** About what its elements take beside the heads, whatever the values. */
  jointBytes(count: number): number {
    const { joints } = this
    let copies = 0
    for (let joint = 0; joint < JOINT_FIELDS * count; joint += JOINT_FIELDS) {
      const lead = joints[joint + LEAD_BYTES] + VALUE_BYTES
      const trail = joints[joint + TRAIL_BYTES] + TIME_FIELD_BYTES
      if (joints[joint + LEAD_OFFSET] === joints[joint + TRAIL_OFFSET]) {
        copies += copiesOf(lead + trail)
      } else {
        copies += copiesOf(lead) + copiesOf(trail)
      }
    }
    return COPY_BYTES * copies
  }
}

/** Elements of a copy of so many bytes. */
function copiesOf(sizeBytes: number): number {
  return (sizeBytes + COPIED_BYTES_MAX - 1) >>> COPIED_BITS
}
