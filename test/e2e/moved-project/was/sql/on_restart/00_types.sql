-- CREATE TYPE has no IF NOT EXISTS.
DO $$ BEGIN
    CREATE TYPE side AS ENUM ('buy', 'sell');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
CREATE OR REPLACE VIEW top_holder AS SELECT address, balance FROM holder ORDER BY balance DESC LIMIT 10;
