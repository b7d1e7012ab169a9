import { h } from './dom.ts'

const KEPT = 'pawl.theme'
const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** Light, dark, or as the system has it; kept for this address. */
export function themePicker(): HTMLElement {
  const kept = localStorage.getItem(KEPT)
  const picker = h(
    'select',
    { class: 'quiet', 'aria-label': 'Colours', onchange: () => apply(picker.value as Theme) },
    ...THEMES.map((theme) => h('option', { value: theme, selected: theme === kept }, theme)),
  )
  if (kept !== null) apply(kept as Theme)
  return picker
}

function apply(theme: Theme): void {
  localStorage.setItem(KEPT, theme)
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
