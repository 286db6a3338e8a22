import type { ConfigureAnswer, ConfigureOptions, ManagerClass, Transaction } from '@triggerkit/engine'

/** How a configuration is prepared: see `TestConfigurations`. */
type Prepare = (configuration: unknown) => unknown

/** A manager class that takes configurations as tests write them, and is otherwise the one given. */
export function managerForTests(base: ManagerClass, prepare: Prepare, configuration: unknown = base.configuration): ManagerClass {
  class ManagerForTests extends base {
    static override readonly configuration: unknown = prepare(configuration)

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
