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

/** How long the page waits to be told of changes before it reads anything, in milliseconds: else it would read twice. */
const patience = 300

let shown = false
const show = () => {
  if (shown) return
  shown = true
  watchRuns()
  render(<Shell />, document.getElementById('page')!)
}
listen(show)
setTimeout(show, patience)
