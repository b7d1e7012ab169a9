import { h, type Child } from './dom.ts'

/** Asks, in a dialog of the page. */
export function confirm(question: string, action: string, ...details: readonly Child[]): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (yes: boolean) => (): void => {
      dialog.close(yes ? 'yes' : '')
    }
    const dialog = h(
      'dialog',
      { 'aria-label': question },
      h('h2', {}, question),
      ...details,
      h(
        'div',
        { class: 'actions' },
        h('button', { type: 'button', onclick: answer(false) }, 'Cancel'),
        h('button', { type: 'button', class: 'danger', onclick: answer(true) }, action),
      ),
    )
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}
