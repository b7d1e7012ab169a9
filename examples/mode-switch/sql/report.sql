select account, count(*) as transfers
from transfer, lateral (values ("from"), ("to")) as parties (account)
group by account
order by transfers desc, account
limit 1;
