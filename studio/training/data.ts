import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { readText } from '../../files/index.ts'
import { curatedFile, parseCurated } from '../../store/index.ts'
import { readTrainingData, type TrainingItem } from '../../trainer/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import { recordOf } from './metrics.ts'

/** A sample of a training, by the name that its records use. */
export interface TrainedItem {
  readonly item: TrainingItem
  /** Key of the sample's verdicts; null where the data does not come from a curation. */
  readonly key: string | null
}

const curatedKey = z.object({
  dataset: z.string(),
  split: z.string(),
  id: z.string(),
  curation: z.object({ key: z.string() }).optional(),
})

/** The samples of a training, where its data is still there. */
export const trainedItems = Effect.fnUntraced(function* (run: FoundRun) {
  const named = recordOf(run)?.provenance?.data
  const items = new Map<string, TrainedItem>()
  if (named === undefined || !existsSync(resolve(named))) return items
  const path = resolve(named)
  const { items: read } = yield* readTrainingData(path)
  const file = statSync(path).isDirectory() ? join(path, curatedFile) : path
  const rows = yield* parseCurated(file, (yield* readText(file)) ?? '', curatedKey)
  const keys = new Map(
    rows.map((row) => [`${row.dataset}/${row.split}/${row.id}`, row.curation?.key ?? null]),
  )
  for (const item of read) items.set(item.key, { item, key: keys.get(item.key) ?? null })
  return items
})
