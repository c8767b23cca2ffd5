/** Markdown as nodes: its text stays text, whatever it looks like. */
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { CodeBox } from '../shell/codebox.tsx'
import { ScrollBox } from '../shell/scrollbox.tsx'
import { type Block, type Cell, type Item, parseMarkdown } from './block.ts'
import type { Inline } from './inline.ts'
import './markdown.css'

export function Markdown({ text }: { readonly text: string }): JSX.Element {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  return (
    <div class="markdown">
      <Blocks blocks={blocks} />
    </div>
  )
}

function Blocks({ blocks }: { readonly blocks: readonly Block[] }): JSX.Element {
  return (
    <>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </>
  )
}

function BlockView({ block }: { readonly block: Block }): JSX.Element {
  switch (block.kind) {
    case 'heading':
      return <Heading level={block.level} content={block.content} />
    case 'paragraph':
      return (
        <p>
          <Inlines content={block.content} />
        </p>
      )
    case 'code':
      return <CodeBox text={block.text} />
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      )
    case 'list':
      return <List start={block.start} items={block.items} />
    case 'table':
      return <Table block={block} />
    case 'rule':
      return <hr />
  }
}

/** The page has the first heading, so those of a text come below it. */
function Heading(props: { level: number; content: readonly Inline[] }): JSX.Element {
  const Tag = (['h2', 'h3', 'h4'] as const)[Math.min(props.level, 3) - 1]
  return (
    <Tag>
      <Inlines content={props.content} />
    </Tag>
  )
}

function List(props: { start: number | undefined; items: readonly Item[] }): JSX.Element {
  const items = props.items.map((item, index) => (
    <li key={index}>
      <ItemBlocks item={item} />
    </li>
  ))
  if (props.start === undefined) return <ul>{items}</ul>
  return <ol start={props.start}>{items}</ol>
}

/** The first paragraph of an item stands beside its mark. */
function ItemBlocks({ item }: { readonly item: Item }): JSX.Element {
  const [first, ...rest] = item
  if (first?.kind !== 'paragraph') return <Blocks blocks={item} />
  return (
    <>
      <Inlines content={first.content} />
      <Blocks blocks={rest} />
    </>
  )
}

function Table({ block }: { readonly block: Block & { kind: 'table' } }): JSX.Element {
  const { aligns, head, rows } = block
  return (
    <ScrollBox look="markdown-table" label="Table">
      <table>
        <thead>
          <tr>
            {head.map((cell: Cell, column) => (
              <th key={column} scope="col" class={`is-${aligns[column]}`}>
                <Inlines content={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={`is-${aligns[column]}`}>
                  <Inlines content={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function Inlines({ content }: { readonly content: readonly Inline[] }): JSX.Element {
  return (
    <>
      {content.map((part, index) => (
        <InlineView key={index} part={part} />
      ))}
    </>
  )
}

function InlineView({ part }: { readonly part: Inline }): JSX.Element {
  switch (part.kind) {
    case 'text':
      return <>{part.text}</>
    case 'code':
      return <code>{part.text}</code>
    case 'break':
      return <br />
    case 'strong':
      return (
        <strong>
          <Inlines content={part.content} />
        </strong>
      )
    case 'em':
      return (
        <em>
          <Inlines content={part.content} />
        </em>
      )
    case 'plain':
      return <Inlines content={part.content} />
    case 'link':
      return (
        <a href={part.href} rel="noreferrer">
          <Inlines content={part.content} />
        </a>
      )
  }
}
