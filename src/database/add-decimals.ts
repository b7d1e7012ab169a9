const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/

/** The exact sum of two numbers, as `numeric` has it; undefined: one of them is no plain decimal. */
export function addDecimals(one: unknown, other: unknown): bigint | string | undefined {
  if (typeof one === 'bigint' && typeof other === 'bigint') return one + other
  const [a, b] = [parse(one), parse(other)]
  if (a === undefined || b === undefined) return undefined
  const scale = Math.max(a.scale, b.scale)
  const sum = a.digits * 10n ** BigInt(scale - a.scale) + b.digits * 10n ** BigInt(scale - b.scale)
  if (scale === 0) return sum
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0')
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function parse(value: unknown): { readonly digits: bigint; readonly scale: number } | undefined {
  if (typeof value === 'bigint') return { digits: value, scale: 0 }
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(String(value)) ?? []
  if (sign === undefined) return undefined
  return { digits: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length }
}
