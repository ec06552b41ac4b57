import type { Locator, Page } from 'playwright-core'

/** A button by its whole name. */
export function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

/** The row of an integration. */
export function row(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: button(page, name) })
}

/** Chooses an action from the menu of an integration. */
export async function choose(page: Page, name: string, item: string): Promise<void> {
  await button(page, `More actions for ${name}`).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

/** Waits until the page announces something. */
export function says(page: Page, text: string): Promise<void> {
  return page.getByRole('status').getByText(text).waitFor()
}
