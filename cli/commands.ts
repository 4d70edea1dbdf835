/** How each command is loaded, in the order in which data passes through them. */
const loaders = {
  demo: async () => (await import('./demo.ts')).demo,
  bra: async () => (await import('./agents.ts')).bra,
  dea: async () => (await import('./agents.ts')).dea,
  calibrate: async () => (await import('./calibrate.ts')).calibrate,
  cot: async () => (await import('./cot.ts')).cot,
  folds: async () => (await import('./folds.ts')).folds,
  curate: async () => (await import('./curate.ts')).curate,
  query: async () => (await import('./query.ts')).query,
  studio: async () => (await import('./studio.ts')).studio,
  report: async () => (await import('./report.ts')).report,
  train: async () => (await import('./train.ts')).train,
  eval: async () => (await import('./eval.ts')).evaluation,
  export: async () => (await import('./export.ts')).exportCommand,
  score: async () => (await import('./score.ts')).score,
  datasets: async () => (await import('./datasets.ts')).datasets,
  doctor: async () => (await import('./doctor.ts')).doctor,
  pretrain: async () => (await import('./pretrain.ts')).pretrain,
  config: async () => (await import('./config.ts')).config,
}

const isName = (word: string): word is keyof typeof loaders => Object.hasOwn(loaders, word)

/**
 * The command that a first word names, alone, because loading them all takes a fourth of a start; for any other word all of
 * them, so that help and suggestions know every one.
 */
export const commandsFor = (word?: string) =>
  Promise.all(
    word !== undefined && isName(word) ? [loaders[word]()] : Object.values(loaders).map((load) => load()),
  )
