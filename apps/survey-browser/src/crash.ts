/** Twice as deep as the stacks of today's browsers bear when they lay boxes out. */
const DEPTH = 5_000

/**
 * Ends this tab as a fault of the browser would: no page may crash itself, but laying out boxes that are nested too deep
 * runs a renderer out of stack. Nothing is cleaned up, no handler runs. Returns only where the browser survives it.
 */
export function crashTab(): void {
  let nested = document.createElement('div')
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const outer = document.createElement('div')
    outer.append(nested)
    nested = outer
  }
  document.body.append(nested)
  nested.getBoundingClientRect()
  nested.remove()
}
