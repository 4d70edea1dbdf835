import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { sampleFields, sampleSchema } from '../../core/index.ts'
import { problemKinds, readPublishedAnswers } from '../../datasets/index.ts'
import { tasks } from '../../tasks/index.ts'
import { parseTrainingData } from '../../trainer/data.ts'
import { folderOf, spanwiseHere } from '../cli/command-line.ts'
import { readFrom } from './fixture.ts'

const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'data-format.md'), 'utf8')
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1]!)
const rowsOfTable = (heading: string) =>
  guide
    .slice(guide.indexOf(`## ${heading}`))
    .split('\n## ')[0]!
    .matchAll(/^\| `([\w-]+)` +\|(.*)\|$/gm)

describe('the guide to the data format', () => {
  it('documents every field once, as its schema says', () => {
    const rows = [...rowsOfTable('Fields')]
    expect(rows.map((row) => row[1])).toEqual([...sampleFields])
    for (const [, field, text] of rows) {
      const said = sampleSchema.shape[field as 'id'].description ?? field!
      expect(text).toContain(said)
    }
  })

  it('documents every kind of problem', () => {
    expect([...rowsOfTable('What is wrong with a row')].map((row) => row[1]).toSorted()).toEqual(
      [...problemKinds].toSorted(),
    )
  })

  it('has an example of each task that is read as that task, in JSON lines and CSV', async () => {
    const found = new Set<string>()
    for (const [form, texts] of [
      ['jsonl', blocks('jsonl')],
      ['csv', blocks('csv')],
    ] as const)
      for (const text of texts) {
        const { samples, problems } = await readFrom({ [`train.${form}`]: text }, form, 'train')
        expect(problems).toEqual([])
        expect(samples.length).toBe(text.trim().split('\n').length - (form === 'csv' ? 1 : 0))
        for (const { task } of samples) found.add(task)
      }
    expect([...found].toSorted()).toEqual([...tasks].toSorted())
  })

  it('has training data that the trainer reads, and published answers that are found', async () => {
    const [curated] = blocks('curated')
    const { items } = await Effect.runPromise(parseTrainingData('guide', curated!))
    expect(items[0]).toMatchObject({ difficulty: 0.69, band: 'medium', sample: { id: 'k-2' } })
    const folder = folderOf({ 'answers.jsonl': blocks('published')[0]! })
    const { rows, problems } = await Effect.runPromise(readPublishedAnswers(join(folder, 'answers.jsonl')))
    expect([rows, problems]).toEqual([2, []])
  })

  it('has a configuration that the command line takes', async () => {
    const folder = folderOf({ 'spanwise.config.json': blocks('json')[0]! })
    const { code, out } = await spanwiseHere(folder, 'datasets', 'list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out).datasets[0].name).toBe('mydata')
  })
})
