import { spawn } from 'node:child_process'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { entry } from '../../cli/command-line.ts'

export interface Served {
  /** Address with the token. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** `spanwise studio`, as a user starts it, on a free port. */
export const serveRun = async (run: string, cwd: string): Promise<Served> => {
  const child = spawn(process.execPath, [entry, 'studio', '--run', run, '--no-open', '--json'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (piece) => {
    err += piece
  })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    let out = ''
    child.stdout.on('data', (piece) => {
      out += piece
      if (out.includes('\n')) resolve(JSON.parse(out).url)
    })
    child.on('close', () => reject(new Error(`the studio did not start: ${err}`)))
  })
  return {
    url,
    close: async () => {
      child.kill()
      await ended
    },
  }
}

export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** Problems that the page met: errors of scripts, refused requests, violations of the content security policy. */
  readonly problems: ReadonlyArray<string>
  /** Opens a view by the query of its address. */
  readonly open: (query: string) => Promise<void>
}

/** Somebody who opens the printed address in a browser of their own. */
export const visit = async (
  browser: Browser,
  { url }: Served,
  options: { readonly width?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Visitor> => {
  const { width = 1280, colorScheme = 'light' } = options
  const context = await browser.newContext({
    viewport: { width, height: width > 1500 ? 1080 : 800 },
    colorScheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const problems: Array<string> = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`)
  })
  page.on('response', async (response) => {
    if (response.status() >= 400)
      problems.push(`${response.url()}: ${await response.text().catch(() => response.status())}`)
  })
  await page.goto(url)
  const open = async (query: string) => {
    await page.goto(new URL(`/?${query}`, url).href)
    await page.locator('main').waitFor()
  }
  return { context, page, problems, open }
}

/** Waits until the table has so many rows. */
export const rows = (page: Page, count: number): Promise<void> =>
  page.locator('.status-line').getByText(`${count} rows`, { exact: true }).waitFor()

/** Waits until an expression holds in the page. It is evaluated from outside, as the page allows no text as code. */
export const until = async (page: Page, expression: string): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (!(await page.evaluate(expression))) {
    if (Date.now() > deadline) throw new Error(`never true in the page: ${expression}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}
