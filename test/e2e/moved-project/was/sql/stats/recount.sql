INSERT INTO recount_log (major, threshold, rich) VALUES ($1, $2, rich($2));
