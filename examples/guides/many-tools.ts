import { connectedNotes, expect } from './host.js'

export async function manyTools(): Promise<void> {
  const { mine, integration, close } = await connectedNotes()
  // #region search
  const toolset = await mine.toolset('assistant', { search: { pinned: ['notes__search'], limit: 5 } })
  const found = await toolset.search('send a note') // the best first, of what may be used now
  // #endregion
  expect('the pinned one is shown', toolset.tools.map(({ name }) => name).join() === 'search')
  expect('the other is found', found[0]?.name === 'send')
  const pickedIds = [integration.id]
  // #region narrow
  const narrowed = await mine.toolset('assistant', { integrations: pickedIds })
  // #endregion
  expect('it holds what was picked', narrowed.tools.length === 2)
  await close()
}
