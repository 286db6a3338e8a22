import 'vitest/browser'

// Beside tab-commands.ts, which runs in Node; this is how a test in the browser sees it.
declare module 'vitest/browser' {
  interface BrowserCommands {
    openTab: (options?: { alone?: boolean }) => Promise<number>
    callInTab: (tab: number, call: { module: string; name: string; input?: unknown }) => Promise<unknown>
    closeTab: (tab: number) => Promise<void>
    crashTab: (tab: number) => Promise<void>
    limitStorage: (tab: number, quotaSize?: number) => Promise<void>
    clearDatabases: (tab: number) => Promise<void>
  }
}
