import type { ViewName } from '../protocol.ts'
import type { Store } from './store.ts'

/** One page of the inspector. It is only drawn while it is seen. */
export interface View {
  readonly id: ViewName
  readonly title: string
  readonly element: HTMLElement
  draw(store: Store): void
}
