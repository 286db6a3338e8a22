import { application } from './application.js'

/* The other side of `otherProcess`: fires as often at once as it is told, and says when it has. */
const [, , url = '', uid = ''] = process.argv
const triggers = application(url)
const manager = triggers.manager(uid)
await manager.fire('B')

process.on('message', (count: number) => {
  void Promise.all(Array.from({ length: count }, () => manager.fire('B'))).then(() => process.send?.('done'))
})
process.on('disconnect', () => void triggers.close())
process.send?.('ready')
