import { render } from 'preact'
import { Windows } from '../../core/index.ts'

render(<p>{Windows.length([0, 1])}</p>, document.getElementById('page')!)
