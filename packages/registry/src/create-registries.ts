import { API_VERSION, TriggerkitError, type Descriptor, type Plugin, type Runner, type Storage } from '@triggerkit/contracts'

import { Registry } from './registry.js'

/** What an application can choose from, by key. */
export interface Registries {
  readonly storages: Registry<Storage>
  readonly runners: Registry<Runner>
  /** Managers are instantiated by the engine: take the class with `entry(key)`. */
  readonly managers: Registry<object>
}

/**
 * New registries for an application, filled with what packages offer; more can be registered later. Two copies of one release
 * of a package do no harm: the first counts.
 * @throws `DuplicateKey` where two packages, or two releases of one, offer the same key; it names both
 * @throws `UnsupportedAdapter` for a package made for another version of the ports
 */
export function createRegistries(plugins: readonly Plugin[] = []): Registries {
  const registries: Registries = { storages: new Registry('storage'), runners: new Registry('runner'), managers: new Registry('manager') }
  const offered = new Map<string, Descriptor>()
  for (const descriptor of plugins.flat()) {
    checkVersion(descriptor)
    const place = `${descriptor.kind} ${JSON.stringify(descriptor.key)}`
    const other = offered.get(place)
    if (other === undefined) enter(registries, descriptor)
    else if (releaseOf(other) !== releaseOf(descriptor)) throw duplicate(place, other, descriptor)
    offered.set(place, descriptor)
  }
  return registries
}

function enter(registries: Registries, descriptor: Descriptor): void {
  const registry = registries[`${descriptor.kind}s`] as Registry<object> | undefined
  if (registry === undefined) throw unsupported(descriptor, `offers a ${descriptor.kind}, which this release does not know. Update Triggerkit.`)
  registry.register(descriptor)
}

function checkVersion(descriptor: Descriptor): void {
  const { apiVersion } = descriptor
  if (apiVersion === API_VERSION) return
  const remedy = apiVersion > API_VERSION ? 'Update Triggerkit' : `Update ${descriptor.package}`
  const reason = `is made for version ${String(apiVersion)} of the ports, this release supports version ${API_VERSION}.`
  throw unsupported(descriptor, `${reason} ${remedy}, or install matching releases.`)
}

function unsupported(descriptor: Descriptor, reason: string): TriggerkitError {
  const { key, package: name, version, apiVersion } = descriptor
  const details = { key, package: name, version, apiVersion, supported: API_VERSION }
  return new TriggerkitError('UnsupportedAdapter', `${releaseOf(descriptor)} ${reason}`, { details })
}

function duplicate(place: string, first: Descriptor, second: Descriptor): TriggerkitError {
  const message = `The ${place} is offered by ${releaseOf(first)} and by ${releaseOf(second)}; leave one of them out.`
  const details = { what: first.kind, key: first.key, packages: [releaseOf(first), releaseOf(second)] }
  return new TriggerkitError('DuplicateKey', message, { details })
}

/** A package and its version, as package managers write it. */
function releaseOf(descriptor: Descriptor): string {
  return `${descriptor.package}@${descriptor.version}`
}
