import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Serious and critical findings of axe-core on the page as it is, each with its first element. */
export const seriousFindings = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe.source)
  const results: axe.AxeResults = await page.evaluate("axe.run({ resultTypes: ['violations'] })")
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} (${nodes.length}) ${nodes[0]?.failureSummary}`)
}
