/** helm.yaml: values of a chart or manifests, one or more YAML documents in one text. */
import type { Report } from '../../config/report.ts'
import { parseYaml } from '../../config/yaml.ts'

/** The text itself; undefined when a document of it cannot be read. */
export function readManifest(text: string, report: Report): string | undefined {
  let line = 0
  let documentLines: string[] = []
  const check = (): void => {
    const { faults } = parseYaml(documentLines.join('\n'))
    const before = line - documentLines.length
    for (const { mark, message } of faults) {
      report.error({ line: mark.line + before, column: mark.column }, message)
    }
    documentLines = []
  }
  for (const each of text.split('\n')) {
    if (/^---(\s|$)/.test(each)) check()
    documentLines.push(each)
    line++
  }
  check()
  return report.errors.length > 0 ? undefined : text
}
