// 10,000 refreshes through a faulty network: no grant is lost but by answers that were lost after the server acted.
// node scripts/run.mjs test/race/soak.ts [how many]
import { refreshThroughFaults } from '../support/faulty-network.js'

const count = Number(process.argv[2] ?? 10_000)
const started = performance.now()
const run = await refreshThroughFaults(count)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
const { refreshed, failed, lost, ended, mistaken, requests, mostRequests } = run
console.log(
  `${refreshed} refreshed, ${failed} attempts failed and kept their grant, ${requests} token requests, ${seconds} s`,
)
console.log(
  `${lost} answers lost after the server acted, ${ended} grants ended as refresh_outcome_unknown, ${mistaken} otherwise`,
)
process.exitCode = ended === lost && mistaken === 0 && mostRequests <= 2 && refreshed + ended === count ? 0 : 1
