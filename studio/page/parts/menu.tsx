import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

interface MenuProps {
  readonly label: ComponentChildren
  /** What screen readers say where the label is a sign. */
  readonly name?: string
  readonly class?: string
  readonly children: (close: () => void) => ComponentChildren
}

/** A button that opens a sheet below it; Escape, a click elsewhere or leaving it closes the sheet. */
export const Menu = ({ label, name, class: look = '', children }: MenuProps) => {
  const [open, setOpen] = useState(false)
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!open) return
    const outside = (event: Event) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) setOpen(false)
    }
    addEventListener('pointerdown', outside)
    addEventListener('focusin', outside)
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('focusin', outside)
    }
  }, [open])
  const close = () => {
    setOpen(false)
    ref.current?.querySelector('button')?.focus()
  }
  return (
    <div
      class={`menu ${look}`}
      ref={ref}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        event.stopPropagation()
        close()
      }}
    >
      <button type="button" aria-expanded={open} aria-label={name} onClick={() => setOpen(!open)}>
        {label}
      </button>
      {open ? <div class="sheet">{children(close)}</div> : null}
    </div>
  )
}
