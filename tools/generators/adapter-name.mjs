const KEBAB_CASE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const LONGEST = 40

/** Throws, saying what to do instead, for a name that no adapter can have or that one has already. */
export function assertFreeName(tree, { kind, folder, name }) {
  const fault = findFault(name, kind)
  if (fault !== undefined) throw new Error(`${JSON.stringify(name)} can't name a ${kind}: ${fault}`)
  if (!tree.exists(`${folder}/${name}`)) return
  const known = tree.children(folder).join(', ')
  throw new Error(`${folder}/${name} exists already; take another name than ${known}, or remove that folder first.`)
}

function findFault(name, kind) {
  if (typeof name !== 'string' || name === '') return 'give it as the first argument, such as `redis`.'
  if (!KEBAB_CASE.test(name)) return `use kebab-case: ${suggest(name)}.`
  if (name.length > LONGEST) return `it is longer than ${LONGEST} characters.`
  const words = name.split('-')
  if (!words.includes(kind)) return undefined
  const rest = words.filter((word) => word !== kind).join('-')
  return `the kind is added by itself: ${rest === '' ? 'name what it builds on' : `\`${rest}\``}.`
}

/** The nearest name that would do. */
function suggest(name) {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[0-9-]+|-+$/g, '')
  return words === '' ? 'lower-case letters, digits and single hyphens, beginning with a letter' : `\`${words}\``
}
