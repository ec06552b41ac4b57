/**
 * Reads the server lists that people already have, and the MCP Registry.
 *
 * @packageDocumentation
 */

export { readServers } from './read-servers.js'
export { previewServers, type ImportPreview } from './preview-servers.js'
export { importServers, type ImportOptions, type ImportReport, type ImportRow } from './import-servers.js'
export { exportServers, type ExportFormat } from './export-servers.js'
export {
  registryConnectors,
  type RegistryConnectorsOptions,
  type RegistryConnectorsOverlay,
} from './registry-connectors.js'
export type {
  ImportedHeader,
  ImportedServers,
  ImportFormat,
  ImportSuggestions,
  ImportVariable,
  ServerEntry,
  Template,
} from './server-entry.js'
