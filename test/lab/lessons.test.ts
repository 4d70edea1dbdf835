import { describe, expect, it } from 'vitest'
import { verifyReplies } from '../../agents/index.ts'
import {
  type LessonKind,
  type LessonSettings,
  lessonDefaults,
  lessonsOf,
} from '../../lab/pretrain/lessons/index.ts'
import { parseWindows } from '../../tasks/index.ts'

const only = (kind: LessonKind, settings: Partial<LessonSettings> = {}): LessonSettings => {
  const none = [0, 0] as const
  const shares = { glimpse: none, stretch: none, whole: none, blanked: none, verify: none, quiz: none }
  return { ...lessonDefaults, ...settings, shares: { ...shares, [kind]: [1, 1] } }
}

/** The lessons of 60 scenes. */
const drawn = (settings: LessonSettings, progress = 0.5) =>
  Array.from({ length: 60 }, (_, index) => lessonsOf(settings, progress, 'test', index)).flat()

const shareOfNone = (absent: LessonSettings['absent'], progress: number): number => {
  const answers = drawn(only('whole', { absent }), progress).flatMap(({ turns }) => turns)
  return answers.filter(({ answer }) => parseWindows(answer)?.length === 0).length / answers.length
}

describe('lessons', () => {
  it('are fixed by their seed', () => {
    expect(drawn(lessonDefaults)).toEqual(drawn(lessonDefaults))
  })

  it('ask about what does not happen as often as set', () => {
    expect(shareOfNone([0, 0.5], 0)).toBe(0)
    expect(shareOfNone([0.5, 0], 0)).toBeGreaterThan(0.2)
    expect(shareOfNone([0.5, 0], 0)).toBeGreaterThan(shareOfNone([0.5, 0], 0.8))
  })

  it('verify with about as many yes as no, and never with more no', () => {
    for (const { turns } of drawn(only('verify'))) {
      const yes = turns.filter(({ answer }) => answer === verifyReplies[0]).length
      expect(yes).toBeGreaterThan(0)
      expect(turns.length - yes).toBeLessThanOrEqual(yes)
    }
  })

  it('leave out a grade whose share is 0', () => {
    const grades = { easy: 0, medium: 1, hard: 0 }
    expect(new Set(drawn({ ...lessonDefaults, grades }).map(({ scene }) => scene.grade))).toEqual(
      new Set(['medium']),
    )
  })
})
