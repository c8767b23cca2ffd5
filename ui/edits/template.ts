/** What a file begins with that is not there yet. */

/** A name that an entry may have, or why it may not. */
export function refuseEntryName(name: string): string {
  if (name === '') return 'An entry needs a name.'
  if (name.length > 64) return 'At most 64 characters.'
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return ''
  return 'Small letters and digits, joined by dashes.'
}

/** The beginning of a file, for its author to go on with. */
export function templateOf(entry: string, file: string): string {
  return file === 'entry.yaml' ? factsOf(entry) : (TEMPLATES[file] ?? '')
}

function factsOf(entry: string): string {
  return `name: ${entry}
title: ${entry} exporter
# Database, Hardware, HTTP, Library, Logging, Messaging, Miscellaneous, Monitoring, Software or Storage
category: Software
description: What it watches, in one sentence.
upstream: https://example.org/${entry}
official: false
port: 9100
path: /metrics
# Metrics that together only this exporter has.
recognise: [${entry.replaceAll('-', '_')}_up]
`
}

const TEMPLATES: Readonly<Record<string, string>> = {
  'README.md': '# Installing\n\n```sh\n\n```\n',
  'alerts.yaml': `groups:
  - name: alerts
    rules:
      - alert: Down
        expr: up == 0
        for: 5m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.instance }} is down"
          description: Nothing has answered for five minutes.
`,
  'alerts_test.yaml': 'rule_files: [alerts.yaml]\ntests: []\n',
  'dashboard.json': '{\n  "title": "",\n  "panels": []\n}\n',
}
