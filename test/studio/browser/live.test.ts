import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FoldsScene, foldsScene } from '../../support/folds-scene.ts'
import { noBrowser, openBrowser } from './chromium.ts'
import { rows, type Served, serveRun, type Visitor, visit } from './scene.ts'

describe.skipIf(noBrowser !== null)('the studio in a browser, while a fold runs', () => {
  const samples = 24
  const hostile =
    '<script>document.body.dataset.broken = 1</script><img src=x onerror=alert(1)><answer>1.0 to 2.0</answer>'
  const seen = Promise.withResolvers<void>()
  let scene: FoldsScene
  let served: Served
  let browser: Browser
  let ada: Visitor
  let done: Promise<{ readonly code: number | null }>

  beforeAll(async () => {
    let asked = 0
    scene = await foldsScene('studio-live', samples, {
      reply: () => ({ message: { role: 'assistant', content: hostile } }),
      // The second half waits until somebody has seen the first.
      script: () => (++asked > samples / 2 ? { kind: 'answer', when: seen.promise } : { kind: 'answer' }),
    })
    await scene.spanwise('folds', 'plan', ...scene.agent(samples))
    const run = scene.start('dea', ...scene.agent(samples).slice(2))
    done = run.ended
    while (!existsSync(join(scene.root, 'run', 'difficulty-estimation')))
      await new Promise((resolve) => setTimeout(resolve, 50))
    served = await serveRun('run', scene.root)
    browser = await openBrowser()
    ada = await visit(browser, served)
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await served?.close()
    await scene?.[Symbol.asyncDispose]()
  })

  it('shows progress and verdicts as they are made, without a reload', async () => {
    await ada.open('view=folds')
    await ada.page.evaluate('document.body.dataset.loaded = "once"')
    await ada.page.getByText('running', { exact: true }).waitFor()
    await ada.page.getByText(`${samples / 2} of ${samples}`).waitFor()
    seen.resolve()
    expect((await done).code).toBe(0)
    await ada.page.getByText(`${samples} of ${samples}`).waitFor()
    await ada.page.getByText('done', { exact: true }).waitFor()
    await ada.page.getByRole('link', { name: 'Samples', exact: true }).click()
    await rows(ada.page, samples)
    expect(await ada.page.evaluate('document.body.dataset.loaded')).toBe('once')
  })

  it('shows markup in replies, and in what a link says, as text', async () => {
    const { page } = ada
    await page.getByRole('grid').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Prompts and replies' }).click()
    await page.getByText(hostile.slice(0, 60)).first().waitFor()
    await ada.open(`where=${encodeURIComponent(hostile)}&sample=${encodeURIComponent(hostile)}&view=sample`)
    await page.getByRole('alert').waitFor()
    expect(await page.evaluate('document.body.dataset.broken ?? null')).toBeNull()
    expect(await page.locator('img[src=x]').count()).toBe(0)
    expect(ada.problems.filter((problem) => problem.includes('Content Security Policy'))).toEqual([])
  })

  it('shows a run again that was away for a while, in the table and as a sample', async () => {
    const { page, open } = ada
    const [folder, away] = [join(scene.root, 'run'), join(scene.root, 'away')]
    const leaveAndCome = async () => {
      renameSync(folder, away)
      await page.getByText('No verdicts here yet').waitFor()
      renameSync(away, folder)
    }
    await open('')
    await rows(page, samples)
    await leaveAndCome()
    await rows(page, samples)
    await page.getByRole('grid').focus()
    await page.keyboard.press('Enter')
    await page.locator('.timeline').waitFor()
    await leaveAndCome()
    await page.locator('.timeline').waitFor()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  it('never holds up the run, and may be killed while it reads', async () => {
    await served.close()
    await ada.page.getByText('not connected').waitFor()
  })
})
