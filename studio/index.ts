export { newestRun } from './discovery/newest.ts'
export { type ServeOptions, serveStudio } from './server/serve.ts'
