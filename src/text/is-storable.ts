/**
 * Whether a text comes back from PostgreSQL as it was: it takes no NUL, and UTF-8 has no word for half of a surrogate pair, so that
 * two texts with different halves would be stored as one.
 */
// oxlint-disable-next-line no-control-regex
export const isStorable = (text: string): boolean => !/[\0\ud800-\udfff]/u.test(text)
