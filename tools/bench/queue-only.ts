import type { DispatchAnswer, Runner } from '@triggerkit/contracts'

/** A runner whose queue nobody empties: a hand-over ends in it. */
export class QueueOnly implements Runner {
  readonly key = 'queue'
  readonly capabilities = { durable: true, delays: true, cancels: false }
  readonly jobs = new Set<string>()

  accepts(): 'yes' {
    return 'yes'
  }

  async dispatch({ id }: { readonly id: string }): Promise<DispatchAnswer> {
    this.jobs.add(id)
    return 'taken'
  }

  async start(): Promise<void> {}
  async cancel(): Promise<void> {}
  async idle(): Promise<void> {}
  async close(): Promise<void> {}
}
