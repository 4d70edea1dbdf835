/** Speeds that J and L step through; browsers play forwards only, so those below zero are shown frame by frame. */
const ladder = [-4, -2, -1, 0.25, 0.5, 1, 1.5, 2, 4, 8] as const

/** 0 is paused: the first L plays, each further one is faster. */
export const faster = (speed: number): number =>
  speed === 0 ? 1 : (ladder.find((each) => each > speed) ?? speed)

/** The first J from a pause plays backwards; while it plays, each J is slower. */
export const slower = (speed: number): number =>
  speed === 0 ? -1 : (ladder.findLast((each) => each < speed) ?? speed)
