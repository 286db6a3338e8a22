/** What a thread of Piscina's runs. */
export async function echo(task: object): Promise<object> {
  return task
}
