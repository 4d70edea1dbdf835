import { describe, expect, it } from 'vitest'
import { verifyReplies } from '../../agents/index.ts'
import {
  along,
  type LessonKind,
  type LessonSettings,
  lessonDefaults,
  lessonKinds,
  lessonsOf,
  sharesOf,
} from '../../lab/pretrain/lessons/index.ts'
import { parseCount, parseWindows } from '../../tasks/index.ts'

const only = (kind: LessonKind, settings: Partial<LessonSettings> = {}): LessonSettings => ({
  ...lessonDefaults,
  ...settings,
  shares: sharesOf((one) => [one === kind ? 1 : 0]),
})

/** The lessons of 60 scenes. */
const drawn = (settings: LessonSettings, progress = 0.5) =>
  Array.from({ length: 60 }, (_, index) => lessonsOf(settings, progress, 'test', index)).flat()

const shareOfNone = (absent: LessonSettings['absent'], progress: number): number => {
  const answers = drawn(only('whole', { absent }), progress).flatMap(({ turns }) => turns)
  return answers.filter(({ answer }) => parseWindows(answer)?.length === 0).length / answers.length
}

describe('lessons', () => {
  it('of every kind are drawn, with right answers that the tasks read', () => {
    for (const kind of lessonKinds) expect(drawn(only(kind)).length, kind).toBeGreaterThan(20)
    const thoughts = drawn(only('counting'))
      .flatMap(({ turns }) => turns)
      .filter(({ question }) => question.includes('<think>'))
    expect(thoughts.length).toBeGreaterThan(20)
    for (const { answer } of thoughts) expect(parseCount(answer)).toBe(answer.match(/rep\d+:/g)?.length ?? 0)
  })

  it('follow their shares along straight lines', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((progress) => along([8, 2, 4], progress))).toEqual([8, 5, 2, 3, 4])
    expect(along([3], 0.7)).toBe(3)
  })

  it('of frame seeking show each frame as a pair with itself, and end with an answer', () => {
    const lessons = drawn(only('seek'))
    for (const { times } of lessons)
      for (let pair = 0; pair < times.length; pair += 2) expect(times[pair]).toBe(times[pair + 1])
    const answers = lessons.map(({ turns }) => turns[0]!.answer)
    expect(answers.some((answer) => answer.startsWith('<answer>+['))).toBe(true)
    expect(answers.at(-1)).toMatch(/^<answer>[A-D]<\/answer>$/)
  })

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
