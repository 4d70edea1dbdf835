import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Cell, Column, Page } from '../../api/index.ts'
import { get, path, type Refused, refusedBy } from './api.ts'

/** Rows of one request; the server gives at most 500. */
const size = 200

/** Rows of a view, read by pages as they are asked for. */
export class Rows {
  readonly #address: (offset: number) => string
  readonly #tell: () => void
  readonly #pages = new Map<number, Page>()
  readonly #asked = new Set<number>()
  /** Pages that were refused: asked for again once other rows are needed, or the rows may have changed. */
  readonly #refused = new Set<number>()
  #needed = ''
  /** Answers to what was asked before the rows changed come too late. */
  #round = 0
  readonly #control = new AbortController()
  total: number | null = null
  columns: ReadonlyArray<Column> = []
  source = ''
  problem: Refused | null = null
  /** Milliseconds that the latest page took. */
  took = 0

  constructor(address: (offset: number) => string, tell: () => void) {
    this.#address = address
    this.#tell = tell
  }

  /** The cells of a row, or null while it is read. */
  row(index: number): ReadonlyArray<Cell> | null {
    const page = Math.floor(index / size)
    return this.#pages.get(page)?.rows[index - page * size] ?? null
  }

  cell(index: number, column: string): Cell {
    const at = this.columns.findIndex(({ name }) => name === column)
    return this.row(index)?.[at] ?? null
  }

  /** Reads the pages of these rows that are not there yet. */
  need(from: number, to: number): void {
    const [first, last] = [Math.floor(from / size), Math.floor(Math.max(from, to - 1) / size)]
    if (this.#needed !== `${first} ${last}`) {
      this.#needed = `${first} ${last}`
      for (const page of this.#refused) this.#asked.delete(page)
      this.#refused.clear()
    }
    for (let page = first; page <= last; page++) if (!this.#asked.has(page)) this.#read(page)
  }

  /** Reads what is there again: the rows may have changed. */
  again(): void {
    const there = [...this.#pages.keys()].slice(-3)
    this.#round++
    this.#asked.clear()
    this.#refused.clear()
    for (const page of there.length === 0 ? [0] : there) this.#read(page)
    for (const page of this.#pages.keys()) if (!there.includes(page)) this.#pages.delete(page)
  }

  close(): void {
    this.#control.abort()
  }

  #read(page: number): void {
    this.#asked.add(page)
    const from = performance.now()
    const round = this.#round
    get<Page>(this.#address(page * size), this.#control.signal).then(
      (answer) => {
        if (round !== this.#round) return
        this.#pages.set(page, answer)
        this.total = answer.total
        this.columns = answer.columns
        this.source = answer.source
        this.problem = null
        this.took = performance.now() - from
        this.#tell()
      },
      (cause: unknown) => {
        if (this.#control.signal.aborted || round !== this.#round) return
        this.#refused.add(page)
        this.problem = refusedBy(cause)
        this.#tell()
      },
    )
  }
}

/** The rows of a view of a run. The old ones stay until the first of the new ones are there. */
export const useRows = (run: string, view: string, revision: number): Rows => {
  const [, draw] = useState(0)
  const rows = useMemo(
    () =>
      new Rows(
        (offset) => path(['runs', run, 'table'], { view, offset, limit: size }),
        () => draw((count) => count + 1),
      ),
    [run, view],
  )
  const [shown, show] = useState(rows)
  useEffect(() => {
    rows.need(0, 1)
    return () => rows.close()
  }, [rows])
  useEffect(() => {
    if (revision > 0) rows.again()
  }, [revision])
  if (shown !== rows && (rows.total !== null || rows.problem !== null)) show(rows)
  return rows.total !== null || rows.problem !== null ? rows : shown
}
