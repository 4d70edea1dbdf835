import type { Skill } from './exam.ts'
import { type LessonSettings, lessonDefaults } from './lessons/index.ts'
import type { PretrainOptions } from './options.ts'

/** The contents of a run's model card. */
export interface CardFacts {
  readonly options: PretrainOptions
  readonly settings: LessonSettings
  readonly skill: Skill
  readonly seconds: number
}

/** Every setting by its path, e.g. `shares.quiz`. */
const flat = ({ shares, grades, ...others }: LessonSettings): ReadonlyArray<readonly [string, string]> =>
  [
    ...Object.entries(shares).map(([kind, share]) => [`shares.${kind}`, share] as const),
    ...Object.entries(grades).map(([grade, share]) => [`grades.${grade}`, share] as const),
    ...Object.entries(others),
  ].map(([name, value]) => [name, JSON.stringify(value)])

/** The settings that differ from the defaults, as flags. */
const changed = (settings: LessonSettings): string => {
  const usual = new Map(flat(lessonDefaults))
  return flat(settings)
    .filter(([name, value]) => usual.get(name) !== value)
    .map(([name, value]) => ` --set ${name}=${value}`)
    .join('')
}

/** The README.md of a shapes checkpoint. */
export const modelCard = ({ options, settings, skill, seconds }: CardFacts): string => `---
license: apache-2.0
pipeline_tag: video-text-to-text
---
# Spanwise shapes base

A Qwen3-VL-layout model of about three million parameters for the shapes world, trained from random weights by
supervised fine-tuning on Spanwise's embedded engine. It answers grounding, reflection, verification, counting, choice,
grounded choice and frame-seeking questions in the tag formats of the big models, and is meant for demos, tests and method
studies, not for real videos.

\`\`\`
npx pnpm@12 pretrain:shapes --out ${options.out}${options.from === undefined ? '' : ` --from ${options.from}`} --steps ${options.steps} --scenes ${options.scenes} --learning-rate ${options.learningRate} --warmup ${options.warmup} --seed ${options.seed}${options.sharpness === 1 ? '' : ` --sharpness ${options.sharpness}`}${changed(settings)}
\`\`\`

| | |
| --- | --- |
| steps x scenes | ${options.steps} x ${options.scenes}, each scene seen once |
| optimiser | AdamW, learning rate ${options.learningRate}, warm-up ${options.warmup}, cosine, global norm 1 |
| grades | easy ${settings.grades.easy}, medium ${settings.grades.medium}, hard ${settings.grades.hard} |
| lessons a scene gives, first to last step | ${Object.entries(settings.shares)
  .map(([kind, [first, last]]) => `${kind} ${first} to ${last}`)
  .join(', ')} |
| device | ${options.device}, ${options.threads} threads, ${Math.round(seconds)} s |

The hard grade is kept out of the training, or rare in it, on purpose: it is what reinforcement has to gain.

Measured before any sharpening, greedy, on ${options.questions} unseen scenes of each grade drawn in memory (half as many for all but grounding): mean IoU (set form) ${skill.setIou.toFixed(3)}
(easy ${skill.byGrade.easy.toFixed(3)}, medium ${skill.byGrade.medium.toFixed(3)}, hard ${skill.byGrade.hard.toFixed(3)}), mIoU of the first window ${skill.mIoU.toFixed(3)}, parse rate ${skill.parsed.toFixed(3)}; multiple choice ${skill.choice.toFixed(3)}, grounded choice
${skill.groundedChoice.toFixed(3)}; counts within one of the truth ${skill.counting.toFixed(3)}, with thoughts ${skill.thoughtCounting.toFixed(3)}.
`
