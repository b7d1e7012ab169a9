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
  -- Without its end, what was committed would be done again.
  if coalesce(v_id, '') = '' or coalesce(v_worker, '') = '' then
    raise exception 'the settings of the transaction were reset, so its firing cannot be ended'
      using hint = 'Leave RESET ALL and DISCARD ALL to sessions of your own.';
  end if;
  perform ${own}.finish_firings(array[v_id], v_worker::uuid);
end $pawl$;
comment on function ${own}.finish_locked() is 'The firing that this transaction has locked to run it has run';
`
