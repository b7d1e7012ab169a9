refresh materialized view concurrently top_holder;
