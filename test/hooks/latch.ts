/** Something to wait for, and what ends the wait. */
export function latch() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}
