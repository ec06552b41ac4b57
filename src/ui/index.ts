export { settingsPage, type PageAsset, type SettingsPage, type SettingsPageOptions } from './settings-page.js'
