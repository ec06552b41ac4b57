export { settingsPage, type SettingsPageOptions } from './settings-page.js'
