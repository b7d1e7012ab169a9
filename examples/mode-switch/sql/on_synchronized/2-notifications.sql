-- LISTEN transfer: what is told when a level commits, and never for a level of the catching up.
create or replace trigger tell_transfer after insert on transfer for each row execute function tell_transfer();
