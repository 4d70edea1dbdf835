/**
 * What the `general` dialect says of windows, shared by every question whose answer holds some: what one is, how times
 * are written, and that several and none are legal.
 */
export const aboutWindows =
  'A time range is a start and an end in seconds counted from the beginning of the video, each written with one decimal (one minute and five seconds is 65.0). List every range in order of time; ranges with a pause between them are separate. One range, several ranges and none are all possible.'

/** The form of a list of windows, with an example of the form only. */
export const windowsInstructions = (which: string): string =>
  `${aboutWindows}\n\nEnd your reply with exactly one answer in this form:\n<answer>START to END, START to END</answer>\nor, if there is no ${which}:\n<answer>none</answer>\nAn example of the form only, not of this video: <answer>31.5 to 38.0, 52.0 to 54.5</answer>`
