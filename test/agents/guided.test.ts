import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryReflection, difficultyEstimation, verifyPattern, verifyReplies } from '../../agents/index.ts'
import type { Window } from '../../core/index.ts'
import { type Guide, layerTest, type VisionLanguageModel } from '../../models/index.ts'
import { formOf, replyForm, shapesStyle, windowsAnswer } from '../../tasks/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { clip } from './clip.ts'
import { sample } from './sample.ts'

const windowsForm = formOf({ task: 'grounding', query: '' })
const verifyForm = replyForm(verifyPattern, shapesStyle)

const whole = (form: Guide) => new RegExp(`^(?:${form.kind === 'regex' ? form.pattern : ''})$`)

/** The forms asked for, one a request, of a model without log-probabilities that always proposes the same. */
const formsOf = (work: Effect.Effect<unknown, unknown, VisionLanguageModel>) => {
  const forms: Array<Guide | undefined> = []
  const model = layerTest({
    reply: ({ guide }, index) => {
      if (index === 0) forms.push(guide)
      return '<answer>12.0 to 14.0</answer>'
    },
  })
  return Effect.runPromise(work.pipe(Effect.as(forms), Effect.provide(model)))
}

describe('guided replies', () => {
  it('have a form that every answer has', () => {
    const seconds = fc.double({ min: 0, max: 99_999, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(seconds, seconds)), (windows: ReadonlyArray<Window>) => {
        expect(windowsAnswer(windows)).toMatch(whole(windowsForm))
      }),
    )
    for (const reply of verifyReplies) expect(reply).toMatch(whole(verifyForm))
    for (const other of ['', '12.0 to 14.0', '<answer></answer>', '<answer>1 to 2</answer>', 'Yes.'])
      for (const form of [windowsForm, verifyForm]) expect(other).not.toMatch(whole(form))
  })

  it('are asked for only where told to', async () => {
    const forms = async (guided: boolean) => {
      const look = shapesSettings(boundaryReflection, { guided })
      const rate = shapesSettings(difficultyEstimation, { guided })
      return [
        ...(await formsOf(boundaryReflection.investigate(sample, clip, look, null))),
        ...(await formsOf(
          difficultyEstimation.investigate(sample, clip, rate, { start: 0, end: 1, meanIou: 0 }),
        )),
      ]
    }
    expect(await forms(false)).toEqual([undefined, undefined, undefined])
    expect(await forms(true)).toEqual([windowsForm, verifyForm, windowsForm])
  })
})
