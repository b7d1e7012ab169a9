VACUUM (ANALYZE) transfer;
VACUUM holder;
ANALYZE label
