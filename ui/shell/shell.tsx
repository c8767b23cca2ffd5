/** The frame around every page: name, pages, settings, help, and whether the server answers. */
import { effect } from '@preact/signals'
import type { ComponentType, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { errorText, isStranger, probeServer, serverAway } from '../api/client.ts'
import { urlOf } from '../api/root.ts'
import { AccountButton } from './account.tsx'
import { loginQuery } from './back.ts'
import { caller, loadCaller } from './caller.ts'
import { Help } from './help.tsx'
import { Brand, Icon, type IconName } from './icon.tsx'
import { NotLoaded } from './lazily.tsx'
import type { PageInfo, PageName } from './pages.ts'
import { followLink, hasPage, hrefOf, navigate, page, pages } from './router.ts'
import { type Theme, theme, zone } from './settings.ts'
import { addShortcuts } from './shortcuts.ts'
import './shell.css'

/** Loads the page of each name; whoever puts the pages together hands it in. */
export type PageLoaders = Readonly<Record<PageName, () => Promise<ComponentType>>>

const THEMES: readonly (readonly [Theme, IconName, string])[] = [
  ['auto', 'auto', "the system's"],
  ['light', 'sun', 'light'],
  ['dark', 'moon', 'dark'],
]

export function Shell({ loaders }: { loaders: PageLoaders }): JSX.Element {
  const help = useRef<HTMLDialogElement>(null)
  // As soon as anything is shown, keys work.
  useLayoutEffect(
    () =>
      addShortcuts([
        ...pages.map(({ name, key }) => ({
          keys: ['g', key],
          run: () => navigate(hrefOf(name)),
        })),
        { keys: ['t'], run: nextTheme },
        { keys: ['?'], run: () => help.current?.showModal() },
      ]),
    [],
  )
  useEffect(() => {
    void loadCaller()
  }, [])
  useEffect(() => effect(leadToLogin), [])
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    const current = nav.current?.querySelector('[aria-current="page"]')
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [page.value, caller.value])

  return (
    <div class="shell">
      <a class="button skip" href="#content">
        Skip to the content
      </a>
      <header class="masthead">
        <div class="masthead-row">
          <BrandLink />
          <nav class="nav" aria-label="Pages" ref={nav}>
            {menu().map(({ name, title }) => (
              <a
                key={name}
                href={hrefOf(name)}
                onClick={followLink}
                aria-current={page.value === name ? 'page' : undefined}
              >
                {title}
              </a>
            ))}
          </nav>
          <AccountButton />
          <ZoneButton />
          <ThemeButton />
          <button
            type="button"
            class="button bare icon-only"
            aria-label="Keys and gestures"
            title="Keys and gestures (?)"
            onClick={() => help.current?.showModal()}
          >
            <Icon name="help" />
          </button>
        </div>
        {serverAway.value && <Away />}
      </header>
      <main class="page" id="content" tabIndex={-1}>
        {page.value === 'missing' ? (
          <Missing />
        ) : (
          <CurrentPage name={page.value} load={loaders[page.value]} />
        )}
      </main>
      <Help dialog={help} />
    </div>
  )
}

/** The pages that who asks can do something with; none for whom nobody knows yet. */
function menu(): readonly PageInfo[] {
  if (page.value === 'login') return []
  return pages.filter(({ menuOf }) => {
    return menuOf === undefined || (menuOf === 'admins' && caller.value?.role === 'admin')
  })
}

/** Who is not known here any more goes to the login page, and from there back. */
function leadToLogin(): void {
  if (!isStranger.value || page.value === 'login' || !hasPage('login')) return
  caller.value = undefined
  navigate(`login${loginQuery(location.href, urlOf('').href)}`)
}

/** The brand leads to the first page. */
function BrandLink(): JSX.Element {
  const [first] = pages
  return (
    <a
      class="brand"
      href={urlOf(first?.paths[0] ?? '').href}
      onClick={followLink}
      aria-label={first === undefined ? 'narthex' : `narthex, to ${first.title}`}
    >
      <Brand />
      <span>narthex</span>
    </a>
  )
}

/** What an address shows that is a page of other roles, or of none. */
function Missing(): JSX.Element {
  useEffect(() => {
    document.title = 'No such page · narthex'
  }, [])
  return (
    <div class="card empty">
      <Icon name="search" />
      <h1>This role has no such page</h1>
      <span>A narthex in another role may have it. Here there are:</span>
      <span class="missing-pages">
        {menu().map(({ name, title }) => (
          <a key={name} class="button" href={hrefOf(name)} onClick={followLink}>
            {title}
          </a>
        ))}
      </span>
    </div>
  )
}

function Away(): JSX.Element {
  return (
    <div class="away" role="alert">
      The server does not answer. What you see is what it said last.
      <button type="button" class="button" onClick={() => void probeServer()}>
        Try now
      </button>
    </div>
  )
}

function nextTheme(): void {
  const index = THEMES.findIndex(([name]) => name === theme.value)
  theme.value = THEMES[(index + 1) % THEMES.length][0]
}

function ThemeButton(): JSX.Element {
  const [, icon, name] = THEMES.find(([key]) => key === theme.value) ?? THEMES[0]
  return (
    <button
      type="button"
      class="button bare icon-only"
      aria-label={`Colours: ${name}`}
      title={`Colours: ${name} (t)`}
      onClick={nextTheme}
    >
      <Icon name={icon} />
    </button>
  )
}

function ZoneButton(): JSX.Element {
  const name = zone.value === 'utc' ? 'UTC' : 'Local time'
  return (
    <button
      type="button"
      class="button bare zone-button"
      aria-label={`Times in ${name}`}
      title="Switch between local time and UTC"
      onClick={() => {
        zone.value = zone.value === 'utc' ? 'local' : 'utc'
      }}
    >
      {name}
    </button>
  )
}

interface CurrentPageProps {
  readonly name: PageName
  readonly load: () => Promise<ComponentType>
}

/** The page, once its files have come; a page that was shown before is there at once. */
function CurrentPage({ name, load }: CurrentPageProps): JSX.Element {
  const [loaded, setLoaded] = useState<{ name: PageName; Page: ComponentType }>()
  const [failure, setFailure] = useState('')
  useEffect(() => {
    let current = true
    setFailure('')
    load().then(
      (Page) => {
        if (current) setLoaded({ name, Page })
        document.title = `${pages.find((each) => each.name === name)?.title} · narthex`
      },
      (error: unknown) => current && setFailure(errorText(error)),
    )
    return () => {
      current = false
    }
  }, [name, load])

  if (failure !== '') return <NotLoaded failure={failure} />
  if (loaded?.name === name) return <loaded.Page />
  return (
    <div class="page-skeleton" aria-busy="true">
      <span class="sr-only">Loading</span>
      <div class="skeleton" />
      <div class="skeleton" />
    </div>
  )
}
