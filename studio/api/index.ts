/**
 * What the studio's server and page say to each other: every path below `/api`, its parameters and its answer. The page
 * imports types only. Refusals are a `Problem` with status 400 (parameters), 401 (no token), 403 (other Host or Origin),
 * 404 (no such run, sample or file), 409 (an earlier state), 422 (SQL that is refused, with DuckDB's message) or 503
 * (the query took too long).
 *
 * Files: `GET /api/runs/RUN/samples/KEY/video` (HTTP range), `.../samples/KEY/frame?time=T&width=W` (JPEG).
 */
export * from './common.ts'
export * from './decisions.ts'
export * from './evaluations.ts'
export * from './events.ts'
export * from './runs.ts'
export * from './sample.ts'
export * from './table.ts'
export * from './training.ts'
