// The far side: a function in a cloud. It has no engine; it gets a call as data and answers with data.
import { text } from 'node:stream/consumers'

interface Call {
  readonly run: string
  readonly kwargs: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const functions: Readonly<Record<string, (call: Call) => object>> = {
  'cloud.resize': ({ kwargs }) => ({ thumbnail: `${String(kwargs['uploaded']?.['file'])}.small`, process: process.pid }),
  'cloud.refuse': () => {
    throw new RangeError('The picture is too large.')
  },
}

const call = JSON.parse(await text(process.stdin)) as Call
try {
  const run = functions[call.run]
  if (run === undefined) throw new Error(`There is no function ${call.run}.`)
  console.log(JSON.stringify({ result: run(call) }))
} catch (error) {
  const { name, message } = error as Error
  console.log(JSON.stringify({ error: { name, message } }))
}
