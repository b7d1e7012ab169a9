import type { Row } from '../database/row-writer.ts'

/**
 * The tables of the project, by name: what a row of each is. Empty, so that any table and any columns pass, until a declaration
 * of yours adds to it; then only those that it names.
 *
 * @example
 * declare module 'pawl' {
 *   interface ProjectTables {
 *     transfer: { level: number; from: string; to: string; amount: bigint }
 *     balance: { account: string; amount: bigint; updated?: Date | null }
 *   }
 * }
 */
// Added to by declaration merging.
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type
export interface ProjectTables {}

type IsKnown = [keyof ProjectTables] extends [never] ? false : true

/** The tables that can be written: any, where the project's are not known to the compiler. */
export type TableName = IsKnown extends true ? Extract<keyof ProjectTables, string> : string

/** A row of a table, by its columns: any, where the table's are not known to the compiler. */
export type RowOf<Name> = Name extends keyof ProjectTables ? Readonly<ProjectTables[Name]> : Row

/** A column of a table, by its name: any, where the table's are not known to the compiler. */
export type ColumnOf<Name> = Name extends keyof ProjectTables
  ? Extract<keyof ProjectTables[Name], string>
  : string
