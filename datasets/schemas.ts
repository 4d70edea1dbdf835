import { z } from 'zod'

/** A finite number of seconds. */
export const seconds = z.number()
/** A window as published: two numbers; whether they make sense is checked against the duration later. */
export const pair = z.tuple([z.number(), z.number()])
/** An identifier that some files write as a number and others as text. */
export const identifier = z.union([z.string(), z.number()]).transform(String)
/** A map of durations in seconds. */
export const durations = z.record(z.string(), z.number())
