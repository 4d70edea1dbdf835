import './styles/base.css'
import './styles/controls.css'
import './styles/shell.css'
import './styles/table.css'
import './styles/sample.css'
import './styles/timeline.css'
import './styles/runs.css'
import './styles/charts.css'
import { render } from 'preact'
import { Shell } from './parts/shell.tsx'
import { listen } from './state/live.ts'
import { watchRuns } from './state/runs.ts'

watchRuns()
listen()
render(<Shell />, document.getElementById('page')!)
