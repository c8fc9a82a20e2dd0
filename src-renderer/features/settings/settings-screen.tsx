/** Settings. */
export function SettingsScreen() {
  return <h1 className="px-5 pt-4 text-lg font-semibold tracking-tight">Settings</h1>;
}
