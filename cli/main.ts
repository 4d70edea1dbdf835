import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import { followTerminal, teardown } from './exit.ts'
import { program } from './program.ts'

followTerminal()
program(process.argv.slice(2)).pipe(NodeRuntime.runMain({ teardown }))
