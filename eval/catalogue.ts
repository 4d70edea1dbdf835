import type { Suite } from './suite.ts'
import { byTask } from './suites/by-task.ts'
import { dvd, repcount } from './suites/counting.ts'
import {
  anet,
  anetTimelens,
  charades,
  charadesTimelens,
  qvhighlightsTimelens,
  timelens,
  tvgbench,
} from './suites/grounding.ts'
import { nextgqa } from './suites/nextgqa.ts'
import { nextqa } from './suites/nextqa.ts'
import { qvhighlights } from './suites/qvhighlights.ts'
import { rextime } from './suites/rextime.ts'
import { shapes } from './suites/shapes.ts'

/** Every suite, by its name on the command line. A new suite is one file and one line here. */
export const suites: { readonly [name: string]: Suite } = {
  charades,
  anet,
  shapes,
  qvhighlights,
  nextgqa,
  nextqa,
  rextime,
  repcount,
  dvd,
  timelens,
  'charades-timelens': charadesTimelens,
  'anet-timelens': anetTimelens,
  'qvhighlights-timelens': qvhighlightsTimelens,
  tvgbench,
  'by-task': byTask,
}
