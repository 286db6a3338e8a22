/** The steps from a value to one within it: names of members, positions in lists. */
export type Steps = readonly (string | number)[]

const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/
const LONGEST_STEP = 80

/** Where something lies, as a reader would write it: `kwargs.responses[2]["first name"]`. Long names are cut. */
export function valuePath(root: string, steps: Steps): string {
  let path = root
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`
    else if (PLAIN_NAME.test(step) && step.length <= LONGEST_STEP) path += path === '' ? step : `.${step}`
    else path += `[${quote(step)}]`
  }
  return path
}

/** A text in quotes, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_STEP ? `${text.slice(0, LONGEST_STEP)}…` : text)
}
