import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { noBrowser, openBrowser } from './chromium.ts'
import { serveRun, visit } from './scene.ts'

// The pictures of the guide: node test/studio/browser/pictures.ts runs/demo docs/studio
const [run, folder] = process.argv.slice(2)
if (run === undefined || folder === undefined || noBrowser !== null)
  throw new Error(noBrowser ?? 'usage: node test/studio/browser/pictures.ts RUN FOLDER')

const served = await serveRun(resolve(run), dirname(resolve(run)))
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
  { name: 'rollouts', query: 'view=rollouts', shown: '.group' },
  { name: 'folds', query: 'view=folds', shown: '.folds tbody tr' },
]

const first = await visit(browser, served)
await first.open('where=verdict+%3D+%27partial%27&sort=-score')
await first.page.locator('.rows .cells').first().click()
await first.page.locator('.timeline').waitFor()
const sample = new URL(first.page.url()).searchParams.get('sample')
/** The training with a mask, and one of its steps whose group teaches something. */
const [training, step] = (await first.page.evaluate(`(async () => {
  const read = async (path) => (await fetch(path)).json()
  const { runs } = await read('/api/runs')
  const { id } = runs.find((run) => run.kind === 'training' && run.id.includes('curriculum'))
  const { steps } = await read('/api/runs/' + id + '/rollouts')
  for (const step of steps) {
    const { groups } = await read('/api/runs/' + id + '/rollouts?step=' + step)
    if (groups.some((group) => !group.constant)) return [id, step]
  }
  return [id, 0]
})()`)) as readonly [string, number]
await first.context.close()

for (const { name, query, shown, dark } of pictures) {
  const { page, open, context } = await visit(browser, served, { colorScheme: dark ? 'dark' : 'light' })
  await open(
    query.startsWith('view=sample')
      ? `${query}&sample=${sample}&t=7&training=${training}&step=3`
      : `${query}${name === 'rollouts' ? `&training=${training}&step=${step}` : ''}`,
  )
  await page.locator(shown).first().waitFor()
  if (name === 'evaluations') {
    await page.getByLabel('Compare as A').last().check()
    await page.getByLabel('Compare as B').first().check()
    await page.locator('.comparison').waitFor()
  }
  if (name === 'rollouts') await page.locator('summary.rollout-row').first().click()
  if (name === 'training') for (const box of await page.locator('.run-choice input').all()) await box.check()
  await page.waitForTimeout(3000)
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await context.close()
}
await browser.close()
await served.close()
