import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { entry } from '../../cli/command-line.ts'
import { type DemoReport, testDemoReport } from '../../lab/demo-report.ts'
import { seriousFindings } from './axe.ts'
import { noBrowser, openBrowser } from './chromium.ts'
import { rows, type Served, serveRun, until, type Visitor, visit } from './scene.ts'

if (noBrowser !== null) console.warn(noBrowser)

let folder = ''
let report: DemoReport

const spanwise = (...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, [entry, ...args], { cwd: folder, maxBuffer: 1 << 24 })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spanwise-studio-'))
  const sizes = ['--videos', '6', '--validation-videos', '4', '--steps', '2', '--prompts', '2']
  const { stdout } = await spanwise('demo', '--run', 'demo', '--json', ...sizes, '--selected', '4')
  report = JSON.parse(stdout)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('spanwise demo, at a small size, through the command line', () =>
  testDemoReport(() => ({ run: join(folder, 'demo'), report })))

// Minutes on a machine that does much else: axe takes seconds a page there.
const patient = { timeout: 300_000 }

describe.skipIf(noBrowser !== null)("the studio in a browser, on a small demo's run", patient, () => {
  let served: Served
  let browser: Browser
  let ada: Visitor

  beforeAll(async () => {
    served = await serveRun('demo', folder)
    browser = await openBrowser()
    ada = await visit(browser, served)
  })

  afterAll(async () => {
    await browser?.close()
    await served?.close()
  })

  afterEach(() => ada.page.unrouteAll({ behavior: 'wait' }))

  it("opens on the demo's samples, the token out of the address", async () => {
    const { page } = ada
    await rows(page, 12)
    expect(page.url()).not.toContain('token')
    expect(await page.getByRole('row').count()).toBe(13)
  })

  it('filters by SQL, says what is wrong with it, and runs none of it', async () => {
    const { page, open } = ada
    await open('')
    const where = page.getByLabel('WHERE')
    await page.keyboard.press('/')
    await where.fill('difficulty >= 0')
    await page.keyboard.press('Enter')
    await rows(page, 12)
    await where.fill("query LIKE '%no such thing%'")
    await page.keyboard.press('Enter')
    await page.getByText('No row meets the filters.').waitFor()
    expect(new URL(page.url()).searchParams.get('where')).toBe("query LIKE '%no such thing%'")
    await where.fill('nonsense >')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await where.fill("query = '<script>alert(1)</script>'")
    await page.keyboard.press('Enter')
    await page.getByText('No row meets the filters.').waitFor()
    await page.goBack()
    await page.getByRole('alert').waitFor()
  })

  it('asks for refused rows no more until something else is asked for', async () => {
    const { page, open } = ada
    await open('')
    await rows(page, 12)
    let asked = 0
    await page.route('**/table?*', async (route) => {
      asked++
      await route.fulfill({ status: 503, json: { error: 'the query took longer than 15 s' } })
    })
    await page.getByRole('columnheader', { name: 'duration' }).getByRole('button').click()
    await page.getByRole('alert').waitFor()
    const before = asked
    for (let frame = 0; frame < 30; frame++)
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
    expect(asked).toBe(before)
    await page.unrouteAll({ behavior: 'wait' })
    await page.getByRole('columnheader', { name: 'duration' }).getByRole('button').click()
    await rows(page, 12)
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('sorts, brushes the histogram, and keeps a view under a name', async () => {
    const { page, open } = ada
    await open('')
    await page.getByRole('columnheader', { name: 'difficulty' }).getByRole('button').click()
    await page.locator('[aria-sort=descending]').waitFor()
    const bars = (await page.locator('.bars').boundingBox())!
    await page.mouse.move(bars.x + bars.width * 0.5, bars.y + 20)
    await page.mouse.down()
    await page.mouse.move(bars.x + bars.width * 0.999, bars.y + 20, { steps: 4 })
    await page.mouse.up()
    await page.locator('.chip').waitFor()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByLabel('Name of this view').fill('hard ones')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'hard ones', exact: true }).waitFor()
    const kept = new URL(page.url()).search
    await open('')
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: 'hard ones', exact: true }).click()
    await page.locator('.chip').waitFor()
    expect(new URL(page.url()).search).toBe(kept)
  })

  const openFirst = async () => {
    await ada.open('')
    await rows(ada.page, 12)
    await ada.page.getByRole('grid').focus()
    await ada.page.keyboard.press('Enter')
    await ada.page.locator('.timeline').waitFor()
    await until(ada.page, '(document.querySelector("video")?.readyState ?? 0) >= 2')
  }
  const time = () => ada.page.locator('.transport .mono').textContent()

  it('plays, steps and loops by the keyboard', async () => {
    const { page } = ada
    await openFirst()
    await page.keyboard.press('Space')
    await until(page, 'document.querySelector("video").currentTime > 0.3')
    await page.keyboard.press('k')
    await page.keyboard.press('g')
    await page.getByLabel('Time', { exact: true }).fill('0:05')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('ArrowLeft')
    expect(await time()).toMatch(/^5\.90 /)
    await page.keyboard.press('l')
    await page.keyboard.press('l')
    await page.getByRole('button', { name: '1.5×' }).waitFor()
    await page.keyboard.press('k')
    await page.keyboard.press(']')
    await page.keyboard.press('c')
    await page.getByRole('button', { name: 'loop' }).waitFor()
    await page.keyboard.press('c')
  })

  it('begins the next sample at its start, though this one plays', async () => {
    const { page } = ada
    await openFirst()
    const first = new URL(page.url()).searchParams.get('sample')
    await until(page, 'document.querySelector(".steps span").textContent.startsWith("1 / ")')
    await page.keyboard.press('Space')
    await until(page, 'document.querySelector("video").currentTime > 0.5')
    await page.keyboard.press('n')
    await until(page, `new URL(location).searchParams.get('sample') !== '${first}'`)
    await page.getByRole('button', { name: 'Play' }).waitFor()
    await until(page, 'document.querySelector(".transport .mono").textContent.startsWith("0.00 ")')
    expect(new URL(page.url()).searchParams.get('t')).toBeNull()
    await page.keyboard.press('p')
    await until(page, `new URL(location).searchParams.get('sample') === '${first}'`)
  })

  it('zooms at the pointer with the wheel, pans with Shift, and shows the same to whoever gets the link', async () => {
    const { page } = ada
    const tracks = (await page.locator('.tracks').boundingBox())!
    await page.mouse.move(tracks.x + tracks.width / 4, tracks.y + 10)
    await page.mouse.wheel(0, -400)
    await page.keyboard.down('Shift')
    await page.mouse.wheel(0, 40)
    await page.keyboard.up('Shift')
    await page.waitForURL(/zoom=/)
    const friend = await visit(browser, served)
    await friend.page.goto(page.url())
    await friend.page.locator('.timeline').waitFor()
    for (const part of ['.ruler', '.gutter', '.transport .mono', '.sample-head h1'])
      expect(await friend.page.locator(part).textContent()).toBe(await page.locator(part).textContent())
    await friend.context.close()
    await page.keyboard.press('0')
    await page.waitForURL((url) => !url.search.includes('zoom'))
  })

  it('fires no shortcut inside a text field', async () => {
    const { page } = ada
    await openFirst()
    const before = new URL(page.url()).searchParams.get('sample')
    await page.keyboard.press('m')
    await page.keyboard.type('next: z x a n p 0 ?')
    expect(await page.getByLabel('Note about this sample').inputValue()).toBe('next: z x a n p 0 ?')
    await page.keyboard.press('Escape')
    const start = page.getByLabel('Start of window 1')
    await start.focus()
    await page.keyboard.press('n')
    expect(new URL(page.url()).searchParams.get('sample')).toBe(before)
    await page.locator('h1').click()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
  })

  const status = () => ada.page.locator('.told')
  const sampleKey = () => new URL(ada.page.url()).searchParams.get('sample')!

  it('nudges edges with live IoU, repairs, shows the next sample at once, and undoes', async () => {
    const { page } = ada
    await openFirst()
    const first = sampleKey()
    await until(page, 'document.querySelector(".steps span").textContent.startsWith("1 / ")')
    const end = Number(await page.getByLabel('End of window 1').inputValue())
    await page.keyboard.press('Shift+E')
    await page.keyboard.press('e')
    expect(Number(await page.getByLabel('End of window 1').inputValue())).toBeCloseTo(end - 1.1)
    expect(await page.locator('.ious').textContent()).not.toContain('annotated 1.000')
    await page.keyboard.press('z')
    await page.keyboard.press('z')
    expect(Number(await page.getByLabel('End of window 1').inputValue())).toBe(end)
    await page.keyboard.press('Shift+E')
    // The sample itself and the next three, which were read before they are asked for.
    const read =
      "performance.getEntriesByType('resource').filter(({ name }) => /samples.[0-9a-f]+$/.test(name))"
    await until(page, `${read}.length >= 4`)
    // Every question to the server is answered 2 s late: what comes next was there before.
    await page.route('**/api/**', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 2000))
      await route.continue()
    })
    const took = await page.evaluate(`new Promise((resolve) => {
      const heading = document.querySelector('h1')
      const before = location.search
      const from = performance.now()
      const look = () => location.search !== before && document.querySelector('.side-body') !== null
        ? resolve(performance.now() - from) : requestAnimationFrame(look)
      dispatchEvent(new KeyboardEvent('keydown', { key: 's' }))
      look()
    })`)
    expect(took).toBeLessThan(100)
    expect(sampleKey()).not.toBe(first)
    await page.unrouteAll({ behavior: 'wait' })
    await status().getByText('repaired').waitFor()
    await page.keyboard.press('z')
    await status().getByText('undone').waitFor()
    await until(page, `new URL(location).searchParams.get('sample') === '${first}'`)
    await page.getByText('Nobody has decided about this sample.').waitFor()
  })

  it('comes back to a repair that could not be saved, with the windows as they were', async () => {
    const { page } = ada
    // What comes next is not known yet when the repair is refused.
    await page.route('**/position?*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await route.continue()
    })
    await openFirst()
    const first = sampleKey()
    await page.keyboard.press('Shift+E')
    const end = await page.getByLabel('End of window 1').inputValue()
    await page.route('**/decisions', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 507, json: { error: 'the disk is full' } })
        : route.continue(),
    )
    await page.keyboard.press('s')
    await status().getByText('not saved: the disk is full').waitFor()
    await until(page, 'document.querySelector(".steps span").textContent.startsWith("1 / ")')
    expect(sampleKey()).toBe(first)
    await until(page, `document.querySelector('[aria-label="End of window 1"]')?.value === '${end}'`)
    await page.keyboard.press('z')
  })

  it('keeps the lane as it is when a remark is made, changed or decided', async () => {
    const { page } = ada
    await openFirst()
    const key = sampleKey()
    const end = page.getByLabel('End of window 1')
    const remark = async (text: string) => {
      await page.keyboard.press('m')
      await page.getByLabel('Note about this sample').fill(text)
      await page.getByRole('button', { name: 'Save the note' }).click()
      await page.getByText(text).waitFor()
    }
    await page.keyboard.press('Shift+E')
    const changed = await end.inputValue()
    await remark('shorter, I think')
    expect(await end.inputValue()).toBe(changed)
    await page.keyboard.press('s')
    await until(page, `new URL(location).searchParams.get('sample') !== '${key}'`)
    await ada.open(`view=sample&sample=${key}`)
    await page.getByText('curate takes:').waitFor()
    await remark('shorter, I know')
    expect(await end.inputValue()).toBe(changed)
    await page.keyboard.press('z')
    await page.getByText('shorter, I know').waitFor({ state: 'detached' })
    // A decision under way is taken back by an undo that is pressed at once.
    const sent: Array<string> = []
    await page.route(/(decisions|undo)$/, async (route) => {
      sent.push(route.request().url().split('/').at(-1)!)
      if (sent.length === 1) await new Promise((resolve) => setTimeout(resolve, 400))
      await route.continue()
    })
    await page.keyboard.press('x')
    await page.keyboard.press('z')
    await expect.poll(() => sent, { timeout: 20_000 }).toEqual(['decisions', 'undo'])
    await status().getByText('undone').waitFor()
    await until(page, `new URL(location).searchParams.get('sample') === '${key}'`)
    await page.locator('.decisions').getByText('repair').waitFor()
    expect(await page.locator('.decisions').getByText('reject').count()).toBe(0)
    await page.unrouteAll({ behavior: 'wait' })
    await page.keyboard.press('z')
    await page.getByText('curate takes:').waitFor({ state: 'detached' })
    await page.keyboard.press('z')
    await page.getByText('Nobody has decided about this sample.').waitFor()
  })

  it('repairs a window, and curate writes it to train.parquet', async () => {
    const { page } = ada
    await openFirst()
    const key = sampleKey()
    await page.getByLabel('Start of window 1').fill('1.25')
    await page.getByLabel('End of window 1').fill('6.5')
    await page.getByLabel('End of window 1').press('Enter')
    await page.locator('h1').click()
    const remove = page.getByRole('button', { name: 'Remove window 2' })
    while (await remove.isVisible()) await remove.click()
    await page.locator('h1').click()
    await page.keyboard.press('s')
    await status().getByText('repaired').waitFor()
    const { stdout } = await spanwise(
      'curate',
      '--run',
      'demo/curation',
      '--count',
      '12',
      '--out',
      'reviewed',
      '--json',
    )
    expect(JSON.parse(stdout).reviews).toMatchObject({ repair: 1 })
    const database = await (await DuckDBInstance.create()).connect()
    const found = await database.runAndReadAll(
      `SELECT windows::VARCHAR FROM '${join(folder, 'reviewed', 'train.parquet')}' WHERE windows::VARCHAR = '[[1.25, 6.5]]'`,
    )
    expect(found.getRows()).toHaveLength(1)
    database.closeSync()
    await ada.open(`view=sample&sample=${key}`)
    await page.getByText('curate takes:').waitFor()
  })

  it("keeps a change when the reviewer's earlier decision arrives after it", async () => {
    const { page } = ada
    const changedFirst = Promise.withResolvers<void>()
    await page.route('**/decisions?*', async (route) => {
      await changedFirst.promise
      await route.continue()
    })
    await openFirst()
    const end = page.getByLabel('End of window 1')
    await page.keyboard.press('Shift+E')
    const changed = await end.inputValue()
    expect(await page.getByText('curate takes:').count()).toBe(0)
    changedFirst.resolve()
    await page.getByText('curate takes:').waitFor()
    expect(await end.inputValue()).toBe(changed)
    await page.keyboard.press('z')
  })

  it('shows how two reviewers agree, and leads each through what is undecided', async () => {
    const { page } = ada
    const decide = async (name: string, keys: ReadonlyArray<string>) => {
      await page.getByTitle('Whose decisions you make').click()
      await page.getByLabel('Decisions are logged as').fill(name)
      await page.keyboard.press('Enter')
      await openFirst()
      for (const key of keys) {
        await page.locator('.timeline').waitFor()
        const about = (await page.locator('.title p').textContent())!.split(' · ')[2]
        await page.keyboard.press(key)
        await status()
          .getByText(`${about} ${key === 'a' ? 'accepted' : 'rejected'}`)
          .waitFor()
        await until(page, `!document.querySelector('.title p').textContent.includes('${about}')`)
      }
    }
    await decide('grace', ['a', 'x', 'a', 'x'])
    await decide('alan', ['a', 'x', 'x', 'x'])
    const line = page.getByRole('row').filter({ hasText: 'alan and grace' })
    await line.filter({ hasText: 'alan and grace475 %0.500' }).waitFor()
    await ada.open('')
    await page.getByRole('button', { name: 'Review 8' }).click()
    await page.getByText('queue 1 / 8').waitFor()
  })

  /** Each view with what is on it once it is read. */
  const views = {
    '': '.rows .cells',
    'view=sample': '.timeline',
    'view=sample&panel=replies': '.exchange',
    'view=evaluations': '.evaluations tbody tr',
    'view=training': '.chart canvas',
    'view=rollouts': '.group',
    'view=folds': '.folds tbody tr',
  }

  it('is accessible in light and dark, at both sizes', async () => {
    await openFirst()
    const sample = new URL(ada.page.url()).searchParams.get('sample')
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 1920],
    ] as const) {
      const visitor = await visit(browser, served, { colorScheme, width })
      for (const [view, shown] of Object.entries(views)) {
        await visitor.open(`${view}${view.startsWith('view=sample') ? `&sample=${sample}` : ''}`)
        await visitor.page.locator(shown).first().waitFor()
        expect(await seriousFindings(visitor.page), `${view} ${colorScheme}`).toEqual([])
        const wide = await visitor.page.evaluate('document.documentElement.scrollWidth > innerWidth')
        expect(wide, `${view} is wider than ${width}`).toBe(false)
      }
      await visitor.context.close()
    }
  })

  it('met no error, refused request or breach of its content security policy', () => {
    // The filter that is no SQL was refused, and a full disk played, as they should be.
    expect(
      ada.problems.filter((problem) => !/nonsense|50[37]|the disk is full|longer than 15 s/.test(problem)),
    ).toEqual([])
  })
})
