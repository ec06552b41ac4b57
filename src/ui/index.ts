export {
  settingsPage,
  type PageAsset,
  type PageLabels,
  type SettingsPage,
  type SettingsPageOptions,
} from './settings-page.js'
