/** GET /api/v1/hub/entries and /api/v1/hub/entries/:name: the catalogue, answered from memory. */
import { NarthexError } from '../../base/error.ts'
import type { CatalogueView, EntryOrder, EntryQuery } from '../../model/catalogue.ts'
import type { Interest, InterestOrder } from '../../model/interest.ts'
import { isSameTag } from '../../net/server/etag.ts'
import type { Ask, Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { invalidParam } from '../api/params.ts'
import { type DescribedRoute, KNOWN_TAG, question, TAG } from '../openapi/operation.ts'
import { inEnvelope, inEnvelopeWithWarnings, listOf, oneOfTexts, truth } from '../openapi/schema.ts'
import { callerOf } from './caller.ts'
import { ENTRY_DETAIL, LISTED_ENTRY } from './entryschema.ts'

/** Most faults that a list tells beside its entries. */
const WARNINGS_MAX = 20

const ORDERS: readonly EntryOrder[] = ['name', 'category', 'verified']
const INTEREST_ORDERS: readonly InterestOrder[] = ['popular', 'trending', 'recent']
const SORTS: readonly string[] = [...ORDERS, ...INTEREST_ORDERS]

export interface CatalogueDeps {
  readonly catalogue: CatalogueView
  readonly interest: Interest
}

/** Where the catalogue is looked at. */
export function catalogueRoutes(deps: CatalogueDeps): DescribedRoute[] {
  return [
    question(
      '/api/v1/hub/entries',
      {
        summary: 'Lists the entries of the catalogue, the best match of a search first',
        query: {
          search: 'words, in names, descriptions, metrics and alerts',
          category: 'only this one',
          official: { means: 'only those that are, or that are not', schema: truth },
          sort: { means: 'another order', schema: oneOfTexts(...SORTS) },
        },
        headers: KNOWN_TAG,
        answer: { schema: inEnvelopeWithWarnings(listOf(LISTED_ENTRY)), headers: TAG },
        failures: [304, 400],
      },
      (ask) => handleEntries(ask, deps),
    ),
    question(
      '/api/v1/hub/entries/:name',
      {
        summary: 'Gives all of an entry',
        headers: KNOWN_TAG,
        answer: { schema: inEnvelope(ENTRY_DETAIL), headers: TAG },
        failures: [304, 404],
      },
      (ask) => handleEntry(ask, deps),
    ),
  ]
}

/** The entries that a search finds; what is wrong with the catalogue goes along as warnings. */
export function handleEntries(ask: Pick<Ask, 'params' | 'header'>, deps: CatalogueDeps): Reply {
  const { catalogue, interest } = deps
  const { query, order } = readQuery(ask.params)
  return unlessKnown(ask, deps, () => {
    const faults = catalogue.faults()
    const told = faults.slice(0, WARNINGS_MAX)
    if (faults.length > told.length) told.push(`and ${faults.length - told.length} more`)
    return success(interest.list(catalogue.entries(query), order), told)
  })
}

/** All of one entry. @throws NarthexError `not_found` */
export function handleEntry(
  ask: Pick<Ask, 'segments' | 'header' | 'identity' | 'address'>,
  deps: CatalogueDeps,
): Reply {
  const { catalogue, interest } = deps
  const name = ask.segments.get('name') ?? ''
  const entry = catalogue.entry(name)
  if (entry === undefined) {
    throw new NarthexError(
      'not_found',
      `cannot find entry ${JSON.stringify(name)} in the catalogue`,
    )
  }
  interest.viewed(name, callerOf(ask))
  return unlessKnown(ask, deps, () => success({ ...entry, ...interest.standing(name) }))
}

/** What a client has of this version need not be said again. */
function unlessKnown(
  ask: Pick<Ask, 'header'>,
  { catalogue, interest }: CatalogueDeps,
  answer: () => Reply,
): Reply {
  const etag = `W/"${catalogue.version}.${interest.version}"`
  const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
  if (isSameTag(ask.header('if-none-match'), etag)) {
    return { status: 304, type: '', body: '', headers }
  }
  return { ...answer(), headers }
}

/** `order` is one that follows from what people do. */
function readQuery(params: URLSearchParams): {
  readonly query: EntryQuery
  readonly order: InterestOrder | undefined
} {
  const official = params.get('official') ?? ''
  if (!['', 'true', 'false'].includes(official)) {
    throw invalidParam('official', `${JSON.stringify(official)}, wanted true or false`)
  }
  const sort = params.get('sort') ?? ''
  if (sort !== '' && !SORTS.includes(sort)) {
    throw invalidParam('sort', `${JSON.stringify(sort)}, wanted one of ${SORTS.join(', ')}`)
  }
  return {
    query: {
      search: params.get('search') ?? '',
      category: params.get('category') ?? '',
      official: official === '' ? undefined : official === 'true',
      order: ORDERS.find((known) => known === sort),
    },
    order: INTEREST_ORDERS.find((known) => known === sort),
  }
}
