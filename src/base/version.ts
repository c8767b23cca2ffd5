/** The version of the program. */
import manifest from '../../package.json' with { type: 'json' }

/** Semantic version, as package.json has it. */
export const VERSION: string = manifest.version
