import { bra, dea } from './agents.ts'
import { calibrate } from './calibrate.ts'
import { config } from './config.ts'
import { cot } from './cot.ts'
import { curate } from './curate.ts'
import { datasets } from './datasets.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { evaluation } from './eval.ts'
import { exportCommand } from './export.ts'
import { folds } from './folds.ts'
import { pretrain } from './pretrain.ts'
import { query } from './query.ts'
import { report } from './report.ts'
import { score } from './score.ts'
import { studio } from './studio.ts'
import { train } from './train.ts'

/** Every command, in the order in which data passes through them. */
export const commands = [
  demo,
  bra,
  dea,
  calibrate,
  cot,
  folds,
  curate,
  query,
  studio,
  report,
  train,
  evaluation,
  exportCommand,
  score,
  datasets,
  doctor,
  pretrain,
  config,
] as const
