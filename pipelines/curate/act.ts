import { difficultyEstimation } from '../../agents/index.ts'
import { type Sample, type Window, Windows } from '../../core/index.ts'
import type { Band } from '../../curriculum/index.ts'
import type { Row } from '../../store/index.ts'

export const actions = ['drop', 'repair', 'downweight', 'keep'] as const
/** The action for an annotation that boundary reflection found partial. */
export type Action = (typeof actions)[number]

export interface ActSettings {
  readonly action: Action
  /** The action for an uncertain verdict; `repair` has nothing to add then. */
  readonly uncertain: Exclude<Action, 'repair'>
  /** Training weight of down-weighted samples, in (0, 1). */
  readonly weight: number
}

export const defaultActSettings: ActSettings = { action: 'drop', uncertain: 'keep', weight: 0.25 }

export interface Decision {
  /** `reject`: an agent could not process the sample, or its annotation is outside the video. */
  readonly decision: 'keep' | 'repair' | 'downweight' | 'drop' | 'reject'
  readonly reason: string | null
  /** 0 where dropped or rejected. */
  readonly weight: number
  readonly windows: ReadonlyArray<Window> | null
}

const windowsOf = (value: unknown): ReadonlyArray<Window> => (value ?? []) as ReadonlyArray<Window>

/** Why an agent could not judge the sample, or null. */
export const gap = (agent: string, row: Row | undefined, required: boolean): string | null => {
  if (row === undefined) return required ? `${agent}: not run` : null
  return row.evidence === null ? `${agent}: ${row.outcome}, ${row.reason}` : null
}

/** Which agents were run: a sample without the verdict of one that was is rejected. */
export interface Looked {
  readonly reflected: boolean
  readonly measured: boolean
}

/**
 * The decision about one sample, from the verdicts of the agents. Without boundary reflection every annotation counts as
 * complete; without difficulty estimation samples can be selected at random only.
 */
export const act = (
  bra: Row | undefined,
  dea: Row | undefined,
  settings: ActSettings,
  { reflected, measured }: Looked = { reflected: false, measured: true },
): Decision => {
  const annotated = (bra ?? dea)?.windows
  const windows = annotated === null || annotated === undefined ? null : windowsOf(annotated)
  const duration = Number((dea ?? bra)?.duration ?? Number.POSITIVE_INFINITY)
  const missing =
    gap('bra', bra, reflected) ?? gap('dea', dea, measured) ?? Windows.misplaced(windows ?? [], duration)
  if (missing !== null) return { decision: 'reject', reason: missing, weight: 0, windows }
  const verdict = bra?.verdict
  const action =
    verdict === 'partial' ? settings.action : verdict === 'uncertain' ? settings.uncertain : 'keep'
  const reason = verdict === 'partial' || verdict === 'uncertain' ? `${verdict}: ${bra?.criterion}` : null
  switch (action) {
    case 'keep':
      return { decision: 'keep', reason, weight: 1, windows }
    case 'drop':
      return { decision: 'drop', reason, weight: 0, windows }
    case 'downweight':
      return { decision: 'downweight', reason, weight: settings.weight, windows }
    case 'repair':
      return {
        decision: 'repair',
        reason,
        weight: 1,
        windows: Windows.merge([...(windows ?? []), ...windowsOf(bra?.verified)]),
      }
  }
}

/** Mean IoU of the recorded rollouts with other windows, without model calls. */
export const rejudge = (
  sample: Sample,
  dea: Row,
  settings: Parameters<typeof difficultyEstimation.decide>[2],
): { readonly meanIou: number; readonly difficulty: number; readonly band: Band } => {
  const evidence = difficultyEstimation.evidence.parse(JSON.parse(String(dea.evidence)))
  const { columns } = difficultyEstimation.decide(sample, evidence, settings)
  return {
    meanIou: Number(columns.mean_iou),
    difficulty: Number(columns.difficulty),
    band: columns.band as Band,
  }
}
