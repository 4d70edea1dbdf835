import type { Window } from '../../core/index.ts'
import { lastBlock } from './blocks.ts'

/*
 * `number SPACE to|and SPACE number`, as the published parsers search it. The lookbehind changes no match (a match
 * from inside a run of digits has the same end as one from its beginning) but keeps the search linear.
 */
const anyCase = /(?<!\d)(\d+(?:\.\d*)?) (?:to|and) (\d+(?:\.\d*)?)/gi
const sameCase = /(?<!\d)(\d+(?:\.\d*)?) (?:to|and) (\d+(?:\.\d*)?)/g

const lastPair = (text: string, pattern: RegExp): Window | null => {
  let pair: Window | null = null
  for (const match of text.matchAll(pattern)) pair = [Number(match[1]), Number(match[2])]
  // A run of over 308 digits is infinite, in Python too, where it goes on to give NaN scores.
  return pair !== null && Number.isFinite(pair[0]) && Number.isFinite(pair[1]) ? pair : null
}

/**
 * The pair that VideoChat-R1 and Time-R1 read while training: the last `a to b` or `a and b` of the last
 * `<answer>` block. VideoChat-R1 (single-task) rejects reversed pairs; pass `reversed: true` to keep them, as
 * Time-R1 does, whose IoU then gives 0.
 */
export const parsePairReward = (text: string, options?: { readonly reversed?: boolean }): Window | null => {
  const answer = lastBlock(text, 'answer')
  const pair = answer === null ? null : lastPair(answer, anyCase)
  return pair !== null && pair[0] > pair[1] && options?.reversed !== true ? null : pair
}

/**
 * The pair that VideoChat-R1 and Time-R1 read while evaluating: the last pair anywhere in the output, thinking
 * included, lower-case `to` and `and` only. May be reversed.
 */
export const parsePairEval = (text: string): Window | null => lastPair(text, sameCase)
