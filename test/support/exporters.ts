/** Real exporters with their real servers, each started as its entry in the catalogue says. */
import { DATABASES } from './exporters/databases.ts'
import { MESSAGING } from './exporters/messaging.ts'
import { MONITORING } from './exporters/monitoring.ts'
import { SYSTEMS } from './exporters/systems.ts'
import { WEB } from './exporters/web.ts'
import type { LiveExporters } from './stage.ts'

/** Exporters by the names of their entries. */
export const LIVE_EXPORTERS: LiveExporters = {
  ...DATABASES,
  ...MESSAGING,
  ...MONITORING,
  ...SYSTEMS,
  ...WEB,
}
