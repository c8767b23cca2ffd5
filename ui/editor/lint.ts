/** Marks what the server would refuse, where the server says it is. */
import type { Diagnostic } from '@codemirror/lint'
import type { EditorView } from '@codemirror/view'
import { ApiError, askLong } from '../api/client.ts'
import { parseFault } from './fault.ts'

/** Asks the server to read the expression; nothing is marked while nobody answers. */
export async function lintByServer(view: EditorView): Promise<Diagnostic[]> {
  const text = view.state.doc.toString()
  if (text.trim() === '') return []
  try {
    await askLong('format_query', { query: text })
    return []
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'bad_data') return []
    return [{ ...parseFault(error.message, text), severity: 'error' }]
  }
}
