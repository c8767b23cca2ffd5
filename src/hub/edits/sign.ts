/** How a change is signed: what people are called and what they write, as git takes it. */
import type { EditSign } from '../../model/edits.ts'

/** Longest name and sentence, in UTF-16 units. */
const NAME_LENGTH_MAX = 100
export const SUMMARY_LENGTH_MAX = 200

/** Author and message of a commit. */
export interface Signature {
  readonly author: string
  readonly email: string
  readonly message: string
}

/** @param preset what the commit says where its author says nothing */
export function signatureOf({ author, summary }: EditSign, preset: string): Signature {
  const named = lineOf(author, NAME_LENGTH_MAX).replaceAll(/[<>]/g, '')
  // Git refuses a name that nothing is left of.
  const name = /[\p{L}\p{N}]/u.test(named) ? named : 'somebody'
  const account = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '')
  const isAddress = /^[^\s@]+@[^\s@]+$/.test(name)
  return {
    author: name,
    email: isAddress ? name : `${account || 'somebody'}@narthex.invalid`,
    message: `${lineOf(summary, SUMMARY_LENGTH_MAX) || preset}\n`,
  }
}

/** One line of what may be several. */
function lineOf(text: string, lengthMax: number): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, lengthMax)
    .toWellFormed()
}
