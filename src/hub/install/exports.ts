/** An installation as files for who has Prometheus, Alertmanager and Grafana already. */
import type { EntryDetail } from '../../model/catalogue.ts'
import type { ExportFile, InstallPlan } from '../../model/install.ts'

/** How often an alert that goes on is told again. */
const REPEATS: Readonly<Record<string, string>> = { critical: '1h', page: '1h' }
const REPEAT = '12h'

/** Files by name, those that there are; each can be used without the others. */
export function exportFiles(plan: InstallPlan, entry: EntryDetail): readonly ExportFile[] {
  const { scrape, rules, dashboard } = plan
  const files = [
    { name: 'scrape.yml', text: scrape },
    {
      name: 'prometheus.yml',
      text: rules === '' ? scrape : `${scrape}rule_files:\n  - rules.yml\n`,
    },
    { name: 'rules.yml', text: rules },
    { name: 'alertmanager.yml', text: writeRoutes(entry) },
    { name: 'dashboard.json', text: dashboard },
  ].filter(({ text }) => text !== '')
  return [...files, { name: 'README.md', text: describe(plan, files) }]
}

/** A configuration of Alertmanager that has a route for each severity; '' where nothing alerts. */
function writeRoutes({ name, rules }: EntryDetail): string {
  const alerts = rules.filter(({ kind }) => kind === 'alert')
  if (alerts.length === 0) return ''
  const bySeverity = Map.groupBy(alerts, ({ severity }) => severity)
  const routes = [...bySeverity].flatMap(([severity, told]) => {
    const names = [...new Set(told.map((alert) => escapePattern(alert.name)))].join('|')
    const matchers = [
      `alertname=~${JSON.stringify(names)}`,
      ...(severity === '' ? [] : [`severity=${JSON.stringify(severity)}`]),
    ]
    return [
      '    - receiver: default',
      '      matchers:',
      ...matchers.map((matcher) => `        - ${quoteYaml(matcher)}`),
      '      group_by: [alertname, instance]',
      `      repeat_interval: ${REPEATS[severity] ?? REPEAT}`,
    ]
  })
  return [
    `# Alerts of ${name}. Take the routes into yours, and name the receivers that you have.`,
    'route:',
    '  receiver: default',
    '  routes:',
    ...routes,
    'receivers:',
    '  - name: default',
    '',
  ].join('\n')
}

/** A name as a pattern that matches it alone. */
function escapePattern(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** Between single quotes nothing is an escape. */
function quoteYaml(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const USES: Readonly<Record<string, string>> = {
  'scrape.yml':
    'the job: name it in `scrape_config_files` of your prometheus.yml (Prometheus 2.43)',
  'prometheus.yml': 'the job and the rules as a whole configuration, also for older ones',
  'rules.yml': 'the alerts: name it in `rule_files`',
  'alertmanager.yml': 'routes for these alerts, to be taken into yours',
  'dashboard.json': 'for Grafana: Dashboards, New, Import',
}

function describe(
  { name, entry, version, notes }: InstallPlan,
  files: readonly ExportFile[],
): string {
  return [
    `# ${name}`,
    '',
    `The entry ${entry} (${version}) of the catalogue of narthex:`,
    '',
    ...files.map((file) => `- \`${file.name}\`: ${USES[file.name]}`),
    ...(notes.length === 0 ? [] : ['', 'To be known:', '', ...notes.map((note) => `- ${note}`)]),
    '',
  ].join('\n')
}
