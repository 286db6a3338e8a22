import type { TaskConfigurations } from '@triggerkit/contracts'
import type { Command, ConfigureAnswer, ConfigureOptions, ManagerClass, Transaction } from '@triggerkit/engine'

/** How a configuration is prepared: see `TestConfigurations`. */
type Prepare = (configuration: unknown) => unknown

type Reactions = NonNullable<ManagerClass['react']>

/** A manager class that takes configurations as tests write them, and is otherwise the one given. */
export function managerForTests(base: ManagerClass, prepare: Prepare, configuration: unknown = base.configuration): ManagerClass {
  class ManagerForTests extends base {
    static override readonly configuration: unknown = prepare(configuration)
    static override readonly react: ManagerClass['react'] = base.react && reactionsForTests(base.react, prepare)

    override async updateConfiguration(configuration: unknown, options?: ConfigureOptions): Promise<ConfigureAnswer> {
      return super.updateConfiguration(prepare(configuration), options)
    }

    override async transaction<TResult>(body: (transaction: Transaction) => TResult): Promise<TResult> {
      return super.transaction((transaction) => {
        const configure = transaction.updateConfiguration.bind(transaction)
        transaction.updateConfiguration = (configuration, options) => configure(prepare(configuration), options)
        return body(transaction)
      })
    }
  }
  Object.defineProperty(ManagerForTests, 'name', { value: base.name })
  return ManagerForTests
}

/** Reactions whose configurations run in this process, too, whatever runner they name. */
function reactionsForTests(react: Reactions, prepare: Prepare): Reactions {
  return function (this: unknown, events, view) {
    const commands = react.call(this, events, view)
    return Array.isArray(commands) ? commands.map((command: Command) => prepared(command, prepare)) : commands
  }
}

function prepared(command: Command, prepare: Prepare): Command {
  if (command.type !== 'configure') return command
  const tasks = prepare(command.tasks) as TaskConfigurations
  return { ...command, tasks: tasks.map(([name, task]) => [name, { ...task, using: task.using ?? null }]) }
}
