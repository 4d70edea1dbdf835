import type { ComponentChildren } from 'preact'
import type { Place } from '../logic/place.ts'
import { go, linkTo } from '../state/place.ts'

interface LinkProps {
  readonly to: Partial<Place>
  readonly class?: string
  readonly current?: boolean
  readonly children: ComponentChildren
}

/** A link inside the studio: an ordinary click goes there without a load, any other is the browser's. */
export const Link = ({ to, current, children, ...rest }: LinkProps) => (
  <a
    {...rest}
    href={linkTo(to)}
    aria-current={current === true ? 'page' : undefined}
    onClick={(event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      go(to)
    }}
  >
    {children}
  </a>
)
