const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

/** Text of unknown origin on one line, unable to steer a terminal, and at most so long: its beginning and its end. */
export function printable(text: string, length: number = 300): string {
  const visible = text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  if (visible.length <= length) return visible
  const head = Math.floor(length / 2)
  const tail = length - head - 1
  return `${visible.slice(0, head)}…${visible.slice(visible.length - tail)}`
}

/** The beginning of a text, with an ellipsis where something was cut off. */
export function fit(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`
}

/** `1 session`, `12 sessions`, `1,204 sessions`. */
export function count(number: number, noun: string, plural: string = `${noun}s`): string {
  return `${grouped(number)} ${number === 1 ? noun : plural}`
}

/** `1204` as `1,204`. */
export function grouped(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: 0 })
}
