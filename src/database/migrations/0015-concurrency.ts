/** `pawl workers` tells how many firings a process runs at a time, also where an executor decides who runs what. */
export const concurrency = (own: string): string => `
alter table ${own}.process add column concurrency int;
comment on column ${own}.process.concurrency is 'Durable firings of all hooks that it runs at a time under an executor. Null: its lanes say';
`
