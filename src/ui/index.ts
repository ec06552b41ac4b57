export {
  settingsPage,
  type PageAsset,
  type PageLabels,
  type SettingsPage,
  type SettingsPageOptions,
  type TextLabel,
} from './settings-page.js'
export { english, type Labels } from './labels/english.js'
