import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { noBrowser, openBrowser } from './chromium.ts'
import { serveRun, visit } from './scene.ts'

// The pictures of the guide: node test/studio/browser/pictures.ts runs/demo docs/studio
const [run, folder] = process.argv.slice(2)
if (run === undefined || folder === undefined || noBrowser !== null)
  throw new Error(noBrowser ?? 'usage: node test/studio/browser/pictures.ts RUN FOLDER')

const served = await serveRun(resolve(run), process.cwd())
const browser = await openBrowser()
mkdirSync(folder, { recursive: true })

/** What each picture shows: the query of the address, what is done there, and when it is complete. */
const pictures: ReadonlyArray<{
  readonly name: string
  readonly query: string
  readonly shown: string
  readonly dark?: boolean
}> = [
  { name: 'samples', query: 'sort=-score', shown: '.rows .cells' },
  { name: 'sample', query: 'view=sample', shown: '.strip img' },
  { name: 'replies', query: 'view=sample&panel=replies', shown: '.exchange', dark: true },
  { name: 'evaluations', query: 'view=evaluations', shown: '.evaluations tbody tr' },
  { name: 'training', query: 'view=training', shown: '.chart canvas' },
  { name: 'rollouts', query: 'view=rollouts&step=5', shown: '.group' },
  { name: 'folds', query: 'view=folds', shown: '.folds tbody tr' },
]

const first = await visit(browser, served)
await first.open('where=verdict+%3D+%27partial%27&sort=-score')
await first.page.locator('.rows .cells').first().click()
await first.page.locator('.timeline').waitFor()
const sample = new URL(first.page.url()).searchParams.get('sample')
await first.context.close()

for (const { name, query, shown, dark } of pictures) {
  const { page, open, context } = await visit(browser, served, { colorScheme: dark ? 'dark' : 'light' })
  await open(query.startsWith('view=sample') ? `${query}&sample=${sample}&t=7&step=3` : query)
  await page.locator(shown).first().waitFor()
  if (name === 'evaluations') {
    await page.getByLabel('Compare as A').last().check()
    await page.getByLabel('Compare as B').first().check()
    await page.locator('.comparison').waitFor()
  }
  if (name === 'training') for (const box of await page.locator('.run-choice input').all()) await box.check()
  await page.waitForTimeout(3000)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await context.close()
}
await browser.close()
await served.close()
