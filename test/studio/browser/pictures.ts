import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { noBrowser, openBrowser } from './chromium.ts'
import { serveRun, visit } from './scene.ts'

// The pictures of the guide, where a demo ran: node test/studio/browser/pictures.ts runs/demo docs/studio
const [run, folder] = process.argv.slice(2)
if (run === undefined || folder === undefined || noBrowser !== null)
  throw new Error(noBrowser ?? 'usage: node test/studio/browser/pictures.ts RUN FOLDER')

const served = await serveRun(run, process.cwd())
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
/** The training with a mask, a step whose group teaches something, and a sample with frames that it hides. */
const [training, step, masked] = (await first.page.evaluate(`(async () => {
  const read = async (path) => (await fetch(path)).json()
  const { runs } = await read('/api/runs')
  const at = '/api/runs/' + runs.find((run) => run.kind === 'training' && run.id.includes('curriculum')).id
  const { steps } = await read(at + '/rollouts')
  const groups = []
  for (const step of steps.slice(0, 15))
    groups.push(...(await read(at + '/rollouts?step=' + step)).groups.map((group) => ({ step, ...group })))
  const hidden = async ({ key, step }) => (await read(at + '/mask?key=' + key + '&step=' + step)).frames.some((frame) => frame.hidden)
  const hides = await Promise.all(groups.map(hidden))
  const teaching = groups.find((group) => !group.constant && group.windows !== null)
  return [at.split('/').at(-1), teaching.step, groups[hides.indexOf(true)]]
})()`)) as readonly [string, number, { readonly key: string; readonly step: number }]
await first.context.close()

const addresses: { readonly [name: string]: string } = {
  sample: `&sample=${sample}&t=7`,
  replies: `&sample=${masked.key}&t=3&training=${training}&step=${masked.step}`,
  rollouts: `&training=${training}&step=${step}`,
}

for (const { name, query, shown, dark } of pictures) {
  const { page, open, context } = await visit(browser, served, { colorScheme: dark ? 'dark' : 'light' })
  await open(`${query}${addresses[name] ?? ''}`)
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
