/** Messages into an Appender: protobuf or JSON, each tenant behind a door of its own. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import { NarthexError } from '../../../base/error.ts'
import type { Appender } from '../../../model/appender.ts'
import type { InMessage } from '../../../net/kafka/partition.ts'
import { readMetadata1, type WriteMetadata, WriteReader } from '../../../wire/remotewrite.ts'
import { type Door, OPEN_DOOR, openDoor } from '../door.ts'
import { Intake } from '../intake.ts'
import type { LabelLimits } from '../labelcheck.ts'
import { SeriesHasher } from '../serieshash.ts'
import { SeriesTable } from '../seriestable.ts'
import type { Taken } from '../tally.ts'
import { JsonIntake } from './jsonlines.ts'

/** Tenants that are known at once; messages of others are refused. */
export const TENANTS_MAX = 1000

/** Series known by their bytes, of one tenant. */
const KNOWN_SERIES_MAX = 8 * 1024 * 1024
/** A known series that was not sent for so long is forgotten. */
const UNUSED_MINUTES_MAX = 60

/** The version of the format that is read. */
const FORMAT_VERSION = '1'

/** `{` */
const BRACE = 0x7b

export interface DecoderOptions {
  readonly appender: Appender
  readonly clock: Clock
  readonly limits: LabelLimits
  /** --limit.decoded-bytes */
  readonly messageBytesMax: number
  /** Label that gets the tenant of a message; '' for none. */
  readonly tenantLabel: string
  readonly onMetadata: (metadata: WriteMetadata) => void
}

interface Entry {
  readonly table: SeriesTable
  readonly protobuf: Intake
  readonly json: JsonIntake
}

export class MessageDecoder {
  readonly #options: DecoderOptions
  readonly #hasher: SeriesHasher
  readonly #entries = new Map<string, Entry>()

  constructor(options: DecoderOptions) {
    this.#options = options
    const seeds = randomBytes(8)
    this.#hasher = new SeriesHasher(seeds.readInt32LE(0), seeds.readInt32LE(4))
  }

  /** Series that are known by the bytes of their labels. */
  get knownSeries(): number {
    return [...this.#entries.values()].reduce((sum, { table }) => sum + table.count, 0)
  }

  /**
   * Appends what can be stored; nothing is acknowledged before the Appender's commit.
   *
   * @throws NarthexError `bad_data` and `too_big` for what cannot be read; what stood before the
   *   damage is appended then; `busy` from the Appender
   */
  take(message: InMessage): Taken {
    const { value } = message
    const { messageBytesMax, clock, onMetadata } = this.#options
    if (value.length > messageBytesMax) {
      throw new NarthexError(
        'too_big',
        `cannot take message: ${value.length} bytes, the bound is ${messageBytesMax} (--limit.decoded-bytes)`,
      )
    }
    const version = headerOf(message, 'version') ?? FORMAT_VERSION
    if (version !== FORMAT_VERSION) {
      throw new NarthexError('bad_data', `cannot take message: version ${JSON.stringify(version)}`)
    }
    const encoding = headerOf(message, 'encoding') ?? guessEncoding(value)
    const entry = this.#entryOf(headerOf(message, 'tenant') ?? '')
    if (encoding === 'json') return entry.json.take(value)
    if (encoding !== 'protobuf') {
      throw new NarthexError(
        'bad_data',
        `cannot take message: encoding ${JSON.stringify(encoding)}, wanted protobuf or json`,
      )
    }
    const nowMinutes = 1 + Math.floor(clock.monotonicMs() / 60_000)
    entry.table.sweep(nowMinutes - UNUSED_MINUTES_MAX)
    const result = entry.protobuf.take(new WriteReader(1, value, value.length), nowMinutes)
    readMetadata1(value, value.length, onMetadata)
    return result
  }

  #entryOf(tenant: string): Entry {
    const { tenantLabel, appender, limits, onMetadata } = this.#options
    const name = tenantLabel === '' ? '' : tenant
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      if (this.#entries.size >= TENANTS_MAX) {
        throw new NarthexError(
          'bad_data',
          `cannot take message: it is of one more than ${TENANTS_MAX} tenants`,
        )
      }
      const door: Door = name === '' ? OPEN_DOOR : openDoor(name, [tenantLabel, name])
      const table = new SeriesTable(KNOWN_SERIES_MAX)
      const hasher = this.#hasher
      entry = {
        table,
        protobuf: new Intake({ appender, table, hasher, limits, door, onMetadata }),
        json: new JsonIntake({ appender, limits, door }),
      }
      this.#entries.set(name, entry)
    }
    return entry
  }
}

/** Text of the last header of a name. */
function headerOf({ headers }: InMessage, name: string): string | undefined {
  const found = headers.findLast(([one]) => one === name)
  return found === undefined ? undefined : Buffer.from(found[1]).toString()
}

/** Messages of others say nothing; no field of a WriteRequest begins with a brace. */
function guessEncoding(value: Uint8Array): string {
  return value.at(0) === BRACE ? 'json' : 'protobuf'
}
