import { Effect } from 'effect'
import { captionsOf, sentenceDraft } from './captions.ts'
import { define } from './collect.ts'
import { find, findOptional, mapOf } from './files.ts'
import { lengthsOf } from './schemas.ts'

/** The published names of each split: ours, then 2D-TAN's and VideoChat-R1's. */
const files: { readonly [split: string]: ReadonlyArray<string> } = {
  train: ['train.json'],
  valid: ['val_1.json', 'val.json'],
  test: ['val_2.json', 'test.json'],
}

/**
 * ActivityNet-Captions as a grounding set; `valid` is val_1, `test` is val_2 (17031 queries, on which the literature
 * evaluates). Cleaning `videomind` takes the durations from `durations.json` if that file is in the same folder, as its
 * loader does; otherwise those of the annotations. Ids are `<video>#<index of the sentence within the video>`.
 */
export const anet = define({
  name: 'anet',
  licence: null,
  homepage: 'https://cs.stanford.edu/people/ranjaykrishna/densevid/',
  files: ['train.json', 'val_1.json', 'val_2.json'],
  splits: ['train', 'valid', 'test'],
  sizes: {
    train: { samples: 37421, videos: 10009 },
    valid: { samples: 17505, videos: 4917 },
    test: { samples: 17031, videos: 4885 },
  },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, files[split] ?? [], into.settings.form)
    const remeasured =
      into.settings.cleaning === 'videomind' ? yield* findOptional(folder, ['durations.json']) : null
    const known = yield* lengthsOf(remeasured)
    for (const caption of captionsOf(source.path, yield* mapOf(source), into)) {
      const duration = known.get(caption.video) ?? caption.duration
      into.sample(source.path, caption.line, sentenceDraft({ ...caption, duration }, into.settings.cleaning))
    }
    return remeasured === null ? [source] : [source, remeasured]
  }),
})
