import { Effect } from 'effect'
import { pageFolder } from './index.ts'

// `pnpm build`: the page of the studio is the only part of Spanwise that is built.
console.log(await Effect.runPromise(pageFolder))
