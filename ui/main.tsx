/** Where the pages begin. */
import { render } from 'preact'
import { Shell } from './shell/shell.tsx'
import './style/base.css'
import './style/controls.css'
import './style/lists.css'

const root = document.getElementById('root')
if (root !== null) render(<Shell />, root)
