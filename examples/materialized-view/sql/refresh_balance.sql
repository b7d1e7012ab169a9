refresh materialized view concurrently balance;
