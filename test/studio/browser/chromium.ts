import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']

const runs = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The Chromium that SPANWISE_CHROMIUM names, or one on the PATH; null where there is none. */
const findChromium = (): string | null => {
  const named = process.env.SPANWISE_CHROMIUM
  if (named !== undefined && named !== '') {
    if (!runs(named)) throw new Error(`SPANWISE_CHROMIUM: ${named} cannot be run`)
    return named
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(runs) ?? null
}

const executable = findChromium()

/** Why the tests in a browser do not run here; null where they do. */
export const noBrowser =
  executable === null
    ? 'the tests of the studio in a browser are skipped: there is no Chromium here. Install one (Debian: apt-get install chromium) or name it in SPANWISE_CHROMIUM, then run "npx pnpm@12 exec vitest run test/studio/browser"'
    : null

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executable!,
    // Chromium refuses its sandbox to root, which continuous integration runs as.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
