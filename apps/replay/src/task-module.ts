import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { defineTask, type Task } from 'triggerkit'

import { describeError } from './describe-error.js'
import { UsageError } from './exit-codes.js'

/**
 * The tasks that an ES module exports, singly or in lists, under whatever names.
 * @param specifier - a path that starts with `.` or `/` or ends in a file's extension, or the name of a package
 * @throws `UsageError` if it can't be loaded, exports no task, one without a name, or two of the same name
 */
export async function loadTasks(specifier: string, folder: string): Promise<readonly Task[]> {
  const exported = await importModule(specifier, folder)
  const tasks = [...new Set(Object.values(exported).flatMap((value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [value])))].filter(isTask)
  if (tasks.length === 0) throw new UsageError(`${JSON.stringify(specifier)} exports no task. Export what defineTask returns, individually or in a list.`)
  if (tasks.some(({ name }) => name === '')) throw new UsageError(`${JSON.stringify(specifier)} exports a task without a name. Give it the one that the configuration runs.`)
  const twice = tasks.find((task, index) => tasks.findIndex(({ name }) => name === task.name) < index)
  if (twice !== undefined) throw new UsageError(`${JSON.stringify(specifier)} exports two tasks named ${JSON.stringify(twice.name)}.`)
  return tasks
}

/** Stands in for all code that isn't there: it tells what it got, and its instance finishes. */
export const standIn: Task = defineTask('stand-in', ({ triggerKwargs }) => ({ standIn: true, triggers: Object.keys(triggerKwargs) }))

async function importModule(specifier: string, folder: string): Promise<object> {
  const isPath = /^\.{0,2}[\\/]|^\.{1,2}$|^[A-Za-z]:|\.[cm]?[jt]s$/.test(specifier)
  try {
    return (await import(isPath ? pathToFileURL(resolve(folder, specifier)).href : packageEntry(specifier, folder))) as object
  } catch (error) {
    throw new UsageError(`The tasks ${JSON.stringify(specifier)} can't be loaded: ${describeError(error)}`)
  }
}

/** A package as seen from the folder in which the command runs; else as seen from here. */
function packageEntry(specifier: string, folder: string): string {
  try {
    return pathToFileURL(createRequire(join(folder, 'from-here.js')).resolve(specifier)).href
  } catch {
    return specifier
  }
}

function isTask(value: unknown): value is Task {
  if (typeof value !== 'object' || value === null) return false
  const { name, perform } = value as Partial<Task>
  return typeof name === 'string' && typeof perform === 'function'
}
