/** What stands in the hands-on texts of the catalogue: their blocks of code and the tables of flags. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CATALOG_FOLDER } from '../../tools/catalog.ts'

export interface Readme {
  readonly name: string
  readonly text: string
  /** Blocks of code, fenced or indented, without their indent. */
  readonly blocks: readonly string[]
}

export const READMES: readonly Readme[] = readdirSync(CATALOG_FOLDER).map(readReadme)

/** @throws when the entry has none */
export function readReadme(name: string): Readme {
  const text = readFileSync(join(CATALOG_FOLDER, name, 'README.md'), 'utf8')
  return { name, text, blocks: [...fencedIn(text), ...indentedIn(text)] }
}

/** Blocks that are fenced as this language. */
export function fencedIn(text: string, language = '\\w*'): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')
  return [...text.matchAll(fence)].map(([, block]) => block)
}

function indentedIn(text: string): readonly string[] {
  const plain = text.replace(/^```.*?^```/gms, '')
  return [...plain.matchAll(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)].map(([block]) =>
    block.replace(/^ {4}/gm, ''),
  )
}

/** Flags that the first column of a table has, without what is given to them; no beginnings of flags. */
export function flagsIn(text: string): readonly string[] {
  const rows = text.split('\n').filter((line) => line.startsWith('| `-'))
  return rows.flatMap((row) => {
    const [, first] = row.split('|')
    return [...first.matchAll(/`(--?\w[\w.-]*)(?=[`= ])/g)].map(([, flag]) => flag)
  })
}
