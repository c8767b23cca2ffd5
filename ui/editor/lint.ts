/** Marks what the server would refuse, where the server says it is. */
import type { Diagnostic } from '@codemirror/lint'
import type { EditorView } from '@codemirror/view'
import { ApiError, askLong } from '../api/client.ts'

/** Asks the server to read the expression; nothing is marked while nobody answers. */
export async function lintByServer(view: EditorView): Promise<Diagnostic[]> {
  const text = view.state.doc.toString()
  if (text.trim() === '') return []
  try {
    await askLong('format_query', { query: text })
    return []
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'bad_data') return []
    const fault = parseFault(error.message, text)
    return [{ ...fault, severity: 'error' }]
  }
}

/** Range and message of Prometheus's `…: 1:6: parse error: …`; without a position, the whole text. */
function parseFault(message: string, text: string): { from: number; to: number; message: string } {
  const parts = /(\d+):(\d+): (?:parse error: )?([\s\S]*)$/.exec(message)
  if (parts === null) return { from: 0, to: text.length, message }
  const lines = text.split('\n')
  const line = Math.min(Number(parts[1]), lines.length)
  const before = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0)
  const at = Math.min(before + Number(parts[2]) - 1, text.length)
  // A fault at the end has no character of its own: the last one carries the mark.
  const from = Math.max(0, Math.min(at, text.trimEnd().length - 1))
  const word = /^[\w:.]+/.exec(text.slice(from))
  return { from, to: from + (word?.[0].length ?? 1), message: parts[3] }
}
