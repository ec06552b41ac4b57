// Runs the tests of the page in a real Chromium, or says how to install one.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const browser =
  process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (browser === undefined || !existsSync(browser)) {
  console.error(
    [
      'The tests of the page need Chromium.',
      'On Debian and Ubuntu: apt-get install -y --no-install-recommends chromium',
      'Elsewhere: npx playwright-core install chromium, then set CHROMIUM to the path of its program.',
    ].join('\n'),
  )
  process.exit(1)
}
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'browser', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, CHROMIUM: browser },
})
process.exit(status ?? 1)
