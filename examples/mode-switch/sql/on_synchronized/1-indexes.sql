-- These run each time that the head is reached, also after a reorg: so nothing happens when it is there already.
create index if not exists transfer_from on transfer ("from", level);
create index if not exists transfer_to on transfer ("to", level);
analyze transfer;
