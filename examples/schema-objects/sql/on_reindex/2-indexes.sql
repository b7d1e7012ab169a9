create index transfer_from on transfer ("from", level desc);
create index transfer_to on transfer ("to", level desc);
create index balance_richest on balance (token, amount desc) where amount > 0;
