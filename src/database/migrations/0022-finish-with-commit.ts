/**
 * The end of a durable firing needs no parameters, so that it goes with COMMIT in one message: whoever locks one to run it leaves its id
 * and the process in the transaction's settings.
 */
export const finishWithCommit = (own: string): string => `
create function ${own}.finish_locked() returns void language plpgsql as $pawl$
declare
  v_id constant text := current_setting('pawl.firing', true);
  v_worker constant text := current_setting('pawl.worker', true);
begin
  -- Without its end, what was committed would be done again. Outside of a transaction a session is read-only.
  if coalesce(v_id, '') = '' or coalesce(v_worker, '') = '' then
    raise exception 'the firing cannot be ended: its transaction was, by a COMMIT or ROLLBACK of its own, or lost its settings by RESET ALL'
      using errcode = case when current_setting('transaction_read_only')::boolean then '25P01' else 'P0001' end,
        hint = 'Leave COMMIT, ROLLBACK and RESET ALL to Pawl.';
  end if;
  perform ${own}.finish_firings(array[v_id], v_worker::uuid);
end $pawl$;
comment on function ${own}.finish_locked() is 'The firing that this transaction has locked to run it has run';
`
