-- The ORM gives every table a primary key of one column; this one is found by account and level.
ALTER TABLE transfer DROP CONSTRAINT transfer_pkey;
ALTER TABLE transfer ADD PRIMARY KEY (id, level);
CREATE INDEX transfer_receiver ON transfer (receiver, level DESC) WHERE amount > 0;
COMMENT ON TABLE transfer IS 'what moved; see "recount" {not a format string}';
