/** One line of YAML taken apart for display; nobody reads values out of it. */

export type YamlPart = readonly ['space' | 'mark' | 'key' | 'text' | 'comment', string]

/** The parts of a line, in order; joined they are the line. */
export function yamlLine(line: string): YamlPart[] {
  const [, indent, dashes, rest] = /^(\s*)((?:-\s+|-$)*)(.*)$/.exec(line) ?? ['', '', '', line]
  const parts: YamlPart[] = []
  if (indent !== '') parts.push(['space', indent])
  if (dashes !== '') parts.push(['mark', dashes])
  if (rest.startsWith('#')) return [...parts, ['comment', rest]]
  const [, key, colon, value] = /^([^\s:'"#][^:'"#]*|"[^"]*"|'[^']*')(:)(\s.*|)$/.exec(rest) ?? []
  if (key === undefined) return rest === '' ? parts : [...parts, ['text', rest]]
  parts.push(['key', key], ['mark', colon])
  if (value !== '') parts.push(['text', value])
  return parts
}
