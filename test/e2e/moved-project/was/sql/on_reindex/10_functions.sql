CREATE OR REPLACE FUNCTION rich(minimum numeric) RETURNS bigint AS $fn$
DECLARE
    found bigint; -- a semicolon; in a comment
BEGIN
    SELECT count(*) INTO found FROM holder WHERE balance >= minimum;
    RETURN found;
END;
$fn$ LANGUAGE plpgsql STABLE;

DO $$
BEGIN
    EXECUTE format('ALTER TABLE %I SET (fillfactor = 80)', 'holder');
    EXECUTE $q$CREATE TABLE recount_log (id bigserial PRIMARY KEY, major boolean NOT NULL, threshold numeric NOT NULL, rich bigint NOT NULL)$q$;
END
$$;
