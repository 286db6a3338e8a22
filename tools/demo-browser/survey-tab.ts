import type { BrowserContext, Locator, Page } from 'playwright'

/** One tab with the questionnaire, by what its user sees and does. */
export class SurveyTab {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** The list of tasks and instances. */
  get session(): Locator {
    return this.page.getByRole('region', { name: 'What has happened' })
  }

  get alert(): Locator {
    return this.page.getByRole('alert')
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name })
  }

  switch(name: string): Locator {
    return this.page.getByRole('switch', { name })
  }

  instance(name: string): Locator {
    return this.session.getByRole('listitem', { name, exact: true })
  }

  /** Sends the first page. */
  async sendFirst({ name = 'Al', birthday = '1815-12-10' } = {}): Promise<void> {
    await this.page.getByLabel('Name').fill(name)
    await this.page.getByLabel('Birthday').fill(birthday)
    await this.button(/^Send page 1/).click()
  }

  async sendFlora(plants = 'Oak'): Promise<void> {
    await this.page.getByLabel('Which plants do you see?').fill(plants)
    await this.button(/^Send page 2/).click()
  }

  async sendFauna(animals = 'Bees'): Promise<void> {
    await this.page.getByLabel('Which animals do you hear?').fill(animals)
    await this.button(/^Send page 3/).click()
  }

  async complete(): Promise<void> {
    await this.button('Complete the questionnaire').click()
  }

  /** Sends everything that there is to send. */
  async fillIn(): Promise<void> {
    await this.sendFirst()
    await this.sendFlora()
    await this.sendFauna()
    await this.complete()
  }

  async isSubmitted(): Promise<void> {
    await this.session.getByText('Submitted.').waitFor()
  }

  /** Waits until an instance has that status. */
  async has(instance: string, status: string): Promise<void> {
    await this.instance(instance).getByText(status, { exact: true }).waitFor()
  }

  /** What the session looks like to its reader. */
  async seen(): Promise<string> {
    return this.session.innerText()
  }
}

/** Opens the page in a tab of its own, and waits until it lives. */
export async function openTab(context: BrowserContext, address: string): Promise<SurveyTab> {
  const page = await context.newPage()
  await page.goto(address)
  await page.getByRole('listitem').filter({ hasText: 'this tab' }).waitFor()
  return new SurveyTab(page)
}
