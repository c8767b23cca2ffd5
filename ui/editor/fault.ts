/** Where in an expression the server found a fault. */

/** A fault in UTF-16 offsets, never empty unless the text is. */
export interface Fault {
  readonly from: number
  readonly to: number
  readonly message: string
}

/** Range and message of `…1:6: parse error: …`; without a position, the whole text. */
export function parseFault(message: string, text: string): Fault {
  const parts = /(\d+):(\d+): (?:parse error: )?([\s\S]*)$/.exec(message)
  if (parts === null) return { from: 0, to: text.length, message }
  const lines = text.split('\n')
  const line = Math.min(Number(parts[1]), lines.length)
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0)
  const at = before + indexOfByte(lines[line - 1], Number(parts[2]) - 1)
  // A fault at the end has no character of its own: the last one carries the mark.
  const from = Math.max(0, Math.min(at, text.trimEnd().length - 1))
  const word = /^[\w:.]+/.exec(text.slice(from))
  return { from, to: Math.min(text.length, from + (word?.[0].length ?? 1)), message: parts[3] }
}

/** The servers count columns in bytes of UTF-8. */
function indexOfByte(line: string, byte: number): number {
  const bytes = new TextEncoder().encode(line).subarray(0, Math.max(0, byte))
  return new TextDecoder().decode(bytes).length
}
