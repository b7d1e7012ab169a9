import { lexSql } from '../text/lex-sql.ts'

type Lasting = 'surely' | 'perhaps' | 'no'

/** Of suspects: the same few are sent again and again, also by Pawl itself for each level and each firing. */
const known = new Map<string, Lasting>()
/** Texts may hold values. */
const MOST_KNOWN = 500

/** Few statements have any of these; the others are not looked at more closely. */
const SUSPECT =
  /\b(?:begin|start|set|reset|discard|load|deallocate|listen|unlisten|prepare|set_config|temp|temporary|hold|do|call|pg_(?:try_)?advisory_lock\w*)\b/i

/** Settings, prepared statements, channels, temporary objects, cursors, locks: of the session, and not of the transaction. Or one that is begun, and not ended. */
const LASTING = new RegExp(
  [
    String.raw`(?:^|;)\s*(?:set\s+(?!local\b|transaction\b|constraints\b)|prepare\s+(?!transaction\b))`,
    String.raw`(?:^|;)\s*(?:begin\b(?!\s+atomic\b)|start\s+transaction\b)`,
    String.raw`(?:^|;)\s*(?:reset|discard|load|deallocate|listen|unlisten)\b`,
    String.raw`\bset_config\b`,
    String.raw`\b(?:create|into)\s+(?:(?:local|global)\s+)?temp(?:orary)?\b(?![\s\S]*\bon\s+commit\s+drop\b)`,
    String.raw`\bwith\s+hold\b`,
    String.raw`\bpg_(?:try_)?advisory_lock(?:_shared)?\b`,
  ].join('|'),
  'i',
)

/** Code that may do any of it, in statements of its own. */
const OPAQUE = /(?:^|;)\s*(?:do|call)\b/i

/** As SET LOCAL does it: until the end of the transaction. */
const LOCAL_SETTING = /\bset_config\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*,\s*true\s*\)/gi

/**
 * Does a statement leave something in its session for who has that next? `surely` by its own words; `perhaps` by code in it. Of the words
 * alone: what a function does that it calls is not seen here.
 */
export function lasts(text: string): Lasting {
  if (!SUSPECT.test(text)) return 'no'
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= MOST_KNOWN) known.clear()
  const lasting = judge(text)
  known.set(text, lasting)
  return lasting
}

/** Of Pawl's own statements, whose code does nothing of the kind. @returns the text, which is not judged by its words */
export function leavesNothing(text: string): string {
  known.set(text, 'no')
  return text
}

function judge(text: string): Lasting {
  const words = unquoted(text).replaceAll(LOCAL_SETTING, '')
  if (LASTING.test(words)) return 'surely'
  return OPAQUE.test(words) ? 'perhaps' : 'no'
}

/** Without comments, and with nothing in its quotes. */
function unquoted(text: string): string {
  let words = ''
  for (const { kind, start, end } of lexSql(text)) {
    if (kind === 'blank') words += ' '
    else words += kind === 'quoted' ? "''" : text.slice(start, end)
  }
  return words.trim()
}
