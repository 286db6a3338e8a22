// The Chromium that tests run in: one that is there already, or Debian's, installed where that is possible unattended.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const variable = 'TRIGGERKIT_CHROMIUM'

const places = {
  linux: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable', '/usr/bin/google-chrome', '/snap/bin/chromium'],
  darwin: ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe'],
}

/** What playwright launches: nothing that calls home, and no sandbox, which containers don't offer; the pages are our own. */
export const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where a Chromium lies, or `undefined`. A path in the environment is taken at its word. */
export function findChromium(environment = process.env, exists = existsSync) {
  if (environment[variable]) return environment[variable]
  return places[process.platform]?.find(exists)
}

/** Finds a Chromium, or installs one; answers with the faults that remain, as a check does. */
export function provideChromium() {
  if (findChromium() === undefined) installChromium()
  const fault = faultOf(findChromium())
  return fault === undefined ? [] : [fault]
}

/** What is wrong with that path, in words that say what to do; `undefined` if nothing is. */
export function faultOf(path, exists = existsSync) {
  if (path === undefined) return `No Chromium was found. On Debian or Ubuntu: apt-get install chromium. Elsewhere: set ${variable} to the path of one.`
  return exists(path) ? undefined : `${variable} is ${path}, but there is no such file. Set it to the path of a Chromium, or unset it.`
}

function installChromium() {
  const prefix = aptPrefix()
  if (prefix === undefined) return
  console.log('Installing Chromium for the browser tests (once) …')
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 15 * 60_000 }
  for (const command of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const [program, ...words] = [...prefix, 'apt-get', '-qq', ...command]
    spawnSync(program, words, options)
  }
}

/** How this user may run apt-get without being asked: as root, through sudo, or not at all. */
function aptPrefix() {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return undefined
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined
}
