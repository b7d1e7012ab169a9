

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA pawl;

CREATE FUNCTION pawl.begin_level(p_index integer, p_previous bigint, p_level bigint, p_hash text, p_parent_hash text, p_timestamp bigint, p_fence bigint, p_journal boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
  v_hash text;
  v_drift text;
  v_version bigint;
begin
  if p_fence is not null then
    perform "pawl".check_fence(p_fence);
  end if;
  -- This lock is held to the end: transactions of one index run one by one, so that version ids follow commit order.
  select hash into v_hash from "pawl".index where id = p_index and level is not distinct from p_previous for update;
  if not found then
    raise exception 'index % is not at level %', p_index, coalesce(p_previous::text, '(none)') using errcode = 'PW002';
  end if;
  update "pawl".index set level = p_level, hash = p_hash where id = p_index;
  insert into "pawl".block as b (index_id, level, hash, parent_hash, timestamp)
    values (p_index, p_level, p_hash, p_parent_hash, p_timestamp)
    on conflict (index_id, level) do update
    set hash = excluded.hash, parent_hash = excluded.parent_hash, timestamp = excluded.timestamp;
  if not p_journal then
    perform set_config('pawl.version', '', true);
    return null;
  end if;
  v_drift := "pawl".drift();
  if v_drift is not null then
    raise exception 'table % is not journalled as it is now', v_drift using errcode = 'PW003', table = v_drift;
  end if;
  insert into "pawl".version (index_id, previous, previous_hash, level, hash, sequences)
    values (p_index, p_previous, v_hash, p_level, p_hash, "pawl".sequence_values()) returning id into v_version;
  perform set_config('pawl.version', v_version::text, true);
  return v_version;
end $$;

CREATE FUNCTION pawl.check_fence(p_fence bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  perform from "pawl".fence where name = 'indexer' and number = p_fence for share;
  if not found then
    raise exception 'another process took the lease over' using errcode = 'PW001';
  end if;
end $$;

CREATE FUNCTION pawl.drift() RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  v_fingerprint text := "pawl".fingerprint();
  v_table text;
begin
  if exists (select from "pawl".tracked_schema s where s.fingerprint = v_fingerprint) then
    return null;
  elsif not exists (select from "pawl".tracked_schema) then
    return '(all)';
  end if;
  select coalesce(c.relname::text, t.rel::text) into v_table
    from "pawl".catalog c full join "pawl".tracked t on t.rel::oid = c.rel
    where t.rel is null or c.rel is null or (t.signature <> c.signature and t.kind in ('table', 'partition'))
    limit 1;
  if not found then
    update "pawl".tracked_schema s set fingerprint = v_fingerprint; -- a view came or went
  end if;
  return v_table;
end $$;

COMMENT ON FUNCTION pawl.drift() IS 'A table that changed since the tables were tracked; null: none';

CREATE FUNCTION pawl.end_level() RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  v_drift text;
begin
  if coalesce(current_setting('pawl.version', true), '') in ('', 'off') then
    return;
  end if;
  -- A tenth of what drift() takes: what this session wrote to the catalogs, kept by it until the transaction has ended and
  -- for up to a second more. Where it wrote nothing, no table was altered.
  if pg_stat_get_xact_tuples_inserted('pg_catalog.pg_attribute'::regclass)
    + pg_stat_get_xact_tuples_updated('pg_catalog.pg_attribute'::regclass)
    + pg_stat_get_xact_tuples_deleted('pg_catalog.pg_attribute'::regclass)
    + pg_stat_get_xact_tuples_inserted('pg_catalog.pg_index'::regclass)
    + pg_stat_get_xact_tuples_updated('pg_catalog.pg_index'::regclass)
    + pg_stat_get_xact_tuples_deleted('pg_catalog.pg_index'::regclass)
    + pg_stat_get_xact_tuples_inserted('pg_catalog.pg_trigger'::regclass)
    + pg_stat_get_xact_tuples_updated('pg_catalog.pg_trigger'::regclass)
    + pg_stat_get_xact_tuples_deleted('pg_catalog.pg_trigger'::regclass)
    + pg_stat_get_xact_tuples_inserted('pg_catalog.pg_depend'::regclass)
    + pg_stat_get_xact_tuples_updated('pg_catalog.pg_depend'::regclass)
    + pg_stat_get_xact_tuples_deleted('pg_catalog.pg_depend'::regclass) = 0 and current_setting('track_counts')::boolean then
    return;
  end if;
  v_drift := "pawl".drift();
  if v_drift is not null then
    raise exception 'table % was created, altered or dropped while a level was indexed, which a rollback could not undo', v_drift
      using errcode = 'PW004', table = v_drift, hint = 'Create and alter tables in on_reindex, or while Pawl is stopped.';
  end if;
end $$;

CREATE FUNCTION pawl.fingerprint() RETURNS text
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
  v_rels oid[];
  v_schema oid;
begin
  select s.rels, to_regnamespace(quote_ident(s.name))::oid into v_rels, v_schema from "pawl".tracked_schema s;
  return concat_ws(' ',
    (select sum(a.xmin::text::bigint) from pg_catalog.pg_attribute a where a.attrelid = any (v_rels) and a.attnum > 0),
    (select concat(count(*), ' ', sum(i.xmin::text::bigint)) from pg_catalog.pg_index i
      where i.indrelid = any (v_rels) and i.indisprimary),
    (select concat(count(*), ' ', sum(t.xmin::text::bigint)) from pg_catalog.pg_trigger t where t.tgrelid = any (v_rels)),
    (select concat(count(*), ' ', sum(d.objid::bigint)) from pg_catalog.pg_depend d
      where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = v_schema
        and d.classid = 'pg_catalog.pg_class'::regclass));
end $$;

CREATE FUNCTION pawl.is_mine(p_xmin xid) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
  v_top bigint := pg_current_xact_id()::text::bigint;
  v_ahead bigint := (p_xmin::text::bigint - v_top) & 4294967295;
begin
  if v_ahead = 0 then
    return true;
  elsif v_ahead > 2147483647 then
    return false;
  end if;
  begin
    return pg_xact_status((v_top + v_ahead)::text::xid8) is not distinct from 'in progress';
  exception when invalid_parameter_value then
    return false; -- not a coming xid: a frozen row of before a wraparound
  end;
end $$;

CREATE FUNCTION pawl.journal_3_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin if current_setting('pawl.version', true) not in ('', 'off') then 
    if age(OLD.xmin) > 0 or not "pawl".is_mine(OLD.xmin) then
      insert into "pawl".journal_3 (version, op, c1, c2, c3) values (current_setting('pawl.version')::bigint, 'O', OLD."id", OLD."name", OLD."balance");
    end if;
    if tg_op = 'UPDATE' then
      if (OLD."id") is distinct from (NEW."id") then insert into "pawl".journal_3 (version, op, c1) values (current_setting('pawl.version')::bigint, 'I', NEW."id"); end if;
    end if; end if; return null; end $$;

CREATE FUNCTION pawl.journal_3_insert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin if current_setting('pawl.version', true) not in ('', 'off') then insert into "pawl".journal_3 (version, op, c1) select current_setting('pawl.version')::bigint, 'I', added."id" from added; end if; return null; end $$;

CREATE FUNCTION pawl.journal_3_truncate() RETURNS trigger
    LANGUAGE plpgsql
    SET row_security TO 'off'
    AS $_$ begin if current_setting('pawl.version', true) not in ('', 'off') then execute $pawl$ insert into "pawl".journal_3 (version, op, c1, c2, c3) select $1, 'O', kept."id", kept."name", kept."balance" from only  $pawl$ || tg_relid::regclass
    || ' kept where not ' || '"pawl"' || '.is_mine(kept.xmin)' using current_setting('pawl.version')::bigint; end if; return null; end $_$;

CREATE FUNCTION pawl.journal_4_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin if current_setting('pawl.version', true) not in ('', 'off') then 
    if age(OLD.xmin) > 0 or not "pawl".is_mine(OLD.xmin) then
      insert into "pawl".journal_4 (version, op, c1, c2, c3) values (current_setting('pawl.version')::bigint, 'O', OLD."level", OLD."index", OLD."account");
    end if;
    if tg_op = 'UPDATE' then
      if (OLD."level", OLD."index") is distinct from (NEW."level", NEW."index") then insert into "pawl".journal_4 (version, op, c1, c2) values (current_setting('pawl.version')::bigint, 'I', NEW."level", NEW."index"); end if;
    end if; end if; return null; end $$;

CREATE FUNCTION pawl.journal_4_insert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin if current_setting('pawl.version', true) not in ('', 'off') then insert into "pawl".journal_4 (version, op, c1, c2) select current_setting('pawl.version')::bigint, 'I', added."level", added."index" from added; end if; return null; end $$;

CREATE FUNCTION pawl.journal_4_truncate() RETURNS trigger
    LANGUAGE plpgsql
    SET row_security TO 'off'
    AS $_$ begin if current_setting('pawl.version', true) not in ('', 'off') then execute $pawl$ insert into "pawl".journal_4 (version, op, c1, c2, c3) select $1, 'O', kept."level", kept."index", kept."account" from only  $pawl$ || tg_relid::regclass
    || ' kept where not ' || '"pawl"' || '.is_mine(kept.xmin)' using current_setting('pawl.version')::bigint; end if; return null; end $_$;

CREATE FUNCTION pawl.prune(p_index integer, p_finalized bigint) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
  v_own constant text := '"pawl"';
  v_last bigint;
  v_id int;
  v_many boolean;
begin
  update "pawl".index set finalized = p_finalized where id = p_index and coalesce(finalized < p_finalized, true);
  delete from "pawl".block where index_id = p_index
    and level < (select max(b.level) from "pawl".block b where b.index_id = p_index and b.level <= p_finalized);
  select max(id) into v_last from "pawl".version where index_id = p_index and level <= p_finalized;
  if v_last is null then
    return;
  end if;
  select count(*) >= 1000 into v_many from "pawl".version where index_id = p_index and level <= p_finalized;
  for v_id in select id from "pawl".tracked where kind = 'table' loop
    if not (v_many and "pawl".prune_many('journal_' || v_id, v_last)) then
      execute format('delete from %1$s.%2$I s using %1$s.version v
        where v.id = s.version and s.version <= $1 and v.index_id = $2 and v.level <= $3', v_own, 'journal_' || v_id)
        using v_last, p_index, p_finalized;
    end if;
  end loop;
  delete from "pawl".version where index_id = p_index and level <= p_finalized;
end $_$;

CREATE FUNCTION pawl.prune_many(p_shadow text, p_last bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
declare
  v_own constant text := '"pawl"';
begin
  if exists (select from "pawl".version a join "pawl".version b on b.id <= p_last and b.index_id <> a.index_id
      where a.id = p_last) then
    return false;
  end if;
  begin
    execute format('lock table %s.%I in access exclusive mode nowait', v_own, p_shadow);
  exception when lock_not_available then
    return false;
  end;
  execute format('create temp table pawl_newer on commit drop as select * from %s.%I where version > $1', v_own, p_shadow)
    using p_last;
  execute format('truncate %s.%I', v_own, p_shadow);
  execute format('insert into %s.%I select * from pg_temp.pawl_newer', v_own, p_shadow);
  drop table pg_temp.pawl_newer;
  return true;
end $_$;

CREATE FUNCTION pawl.sequence_values() RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$ begin return (select jsonb_object_agg(name, value) from (select '"public"."account_id_seq"', jsonb_build_array(last_value, is_called) from "public"."account_id_seq") as s (name, value)); end $$;

CREATE FUNCTION pawl.suspend_triggers() RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
  perform set_config('session_replication_role', 'replica', true);
  return true;
exception when insufficient_privilege then
  return false;
end $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE pawl.block (
    index_id integer NOT NULL,
    level bigint NOT NULL,
    hash text NOT NULL,
    parent_hash text NOT NULL,
    "timestamp" bigint NOT NULL
);

COMMENT ON TABLE pawl.block IS 'Refs of the blocks that a reorg may still take off, to find the common ancestor by';

CREATE TABLE pawl.tracked_schema (
    name text NOT NULL,
    immune text[] NOT NULL,
    rels oid[] DEFAULT '{}'::oid[] NOT NULL,
    fingerprint text
);

COMMENT ON TABLE pawl.tracked_schema IS 'The schema whose tables are journalled, and those that are not';

CREATE VIEW pawl.catalog AS
 SELECT c.oid AS rel,
    c.relname,
        CASE
            WHEN (c.relkind = 'S'::"char") THEN ''::text
            ELSE concat_ws(' '::text, ( SELECT sum(((a.xmin)::text)::bigint) AS sum
               FROM pg_attribute a
              WHERE ((a.attrelid = c.oid) AND (a.attnum > 0))), ( SELECT sum(((i.xmin)::text)::bigint) AS sum
               FROM pg_index i
              WHERE ((i.indrelid = c.oid) AND i.indisprimary)), ( SELECT concat(count(*), ' ', sum(((t.xmin)::text)::bigint)) AS concat
               FROM pg_trigger t
              WHERE (t.tgrelid = c.oid)))
        END AS signature
   FROM pg_class c
  WHERE ((c.relkind = ANY (ARRAY['r'::"char", 'p'::"char", 'f'::"char", 'S'::"char"])) AND (c.relnamespace = ANY (ARRAY( SELECT (to_regnamespace(quote_ident(s.name)))::oid AS to_regnamespace
           FROM pawl.tracked_schema s))));

CREATE TABLE pawl.fence (
    name text NOT NULL,
    number bigint NOT NULL
);

COMMENT ON TABLE pawl.fence IS 'Rises with each holder; a transaction under an older number fails';

CREATE TABLE pawl.firing (
    id text NOT NULL,
    seq bigint NOT NULL,
    hook text NOT NULL,
    args jsonb NOT NULL,
    origin jsonb NOT NULL,
    key text,
    index_id integer,
    level bigint,
    confirmations integer NOT NULL,
    reversible boolean NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    reverting boolean DEFAULT false NOT NULL,
    orphaned boolean DEFAULT false NOT NULL,
    begun boolean DEFAULT false NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    error text,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT firing_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'dead'::text])))
);

COMMENT ON TABLE pawl.firing IS 'Durable firings: those that wait, and of those that ran what has to be remembered';

COMMENT ON COLUMN pawl.firing.key IS 'Idempotency key: of one hook, a second firing with the same key is the same firing';

COMMENT ON COLUMN pawl.firing.level IS 'Of the block that fired it, as long as a reorg may take that off';

COMMENT ON COLUMN pawl.firing.confirmations IS 'It runs when its index stands so many levels above';

COMMENT ON COLUMN pawl.firing.reversible IS 'The hook has onReverted: it is kept until its level is final';

COMMENT ON COLUMN pawl.firing.reverting IS 'onReverted is to run, not the hook itself';

COMMENT ON COLUMN pawl.firing.orphaned IS 'Its level left the chain while it ran';

COMMENT ON COLUMN pawl.firing.begun IS 'It has run outside a transaction, and may have had its effect though it failed';

ALTER TABLE pawl.firing ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pawl.firing_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pawl.index (
    id integer NOT NULL,
    name text NOT NULL,
    chain text,
    level bigint,
    hash text,
    finalized bigint,
    config jsonb,
    orphaned_from bigint,
    orphaned_to bigint
);

COMMENT ON TABLE pawl.index IS 'Each index and its cursor: the last level that is committed';

COMMENT ON COLUMN pawl.index.config IS 'What decides which levels and data it gets; null: not known, or approved as it is';

COMMENT ON COLUMN pawl.index.orphaned_from IS 'Rows of levels from here to orphaned_to are of blocks that left the chain: reindex.rollback is ignore';

ALTER TABLE pawl.index ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pawl.index_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pawl.job (
    name text NOT NULL,
    hook text NOT NULL,
    schedule text NOT NULL,
    anchor timestamp with time zone NOT NULL,
    accounted timestamp with time zone NOT NULL,
    last_fire_time timestamp with time zone,
    next_fire_time timestamp with time zone,
    fired bigint DEFAULT 0 NOT NULL,
    coalesced bigint DEFAULT 0 NOT NULL,
    missed bigint DEFAULT 0 NOT NULL,
    skipped bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    last_error text,
    paused boolean DEFAULT false NOT NULL,
    retired_at timestamp with time zone,
    configured text,
    configured_paused boolean DEFAULT false NOT NULL,
    definition jsonb,
    rescheduled jsonb,
    temporary boolean DEFAULT false NOT NULL,
    removed boolean DEFAULT false NOT NULL,
    retried bigint DEFAULT 0 NOT NULL
);

COMMENT ON TABLE pawl.job IS 'Each job: its schedule, how far its fire times are accounted for, and what became of them';

COMMENT ON COLUMN pawl.job.anchor IS 'Since when this schedule is known: intervals count from here, and nothing before it is ever due';

COMMENT ON COLUMN pawl.job.accounted IS 'Every fire time up to here was fired, coalesced, missed or skipped; later ones that have passed are due at the next start';

COMMENT ON COLUMN pawl.job.retired_at IS 'When the job was found gone from the config';

COMMENT ON COLUMN pawl.job.configured IS 'The schedule of the config: what was changed by hand holds until this changes. Null: added at run time';

COMMENT ON COLUMN pawl.job.definition IS 'Of a job that was added at run time';

COMMENT ON COLUMN pawl.job.rescheduled IS 'The trigger that it was given at run time';

CREATE TABLE pawl.job_run (
    job text NOT NULL,
    fire_time timestamp with time zone NOT NULL,
    status text NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    fire_times integer DEFAULT 1 NOT NULL,
    by_hand boolean DEFAULT false NOT NULL,
    owner uuid,
    retry_at timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    error text
);

COMMENT ON TABLE pawl.job_run IS 'Each firing of a job: one row a fire time, so that no two processes fire it';

COMMENT ON COLUMN pawl.job_run.status IS 'due, running, succeeded, failed, missed, skipped, or lost with its process';

CREATE TABLE pawl.job_runner (
    id uuid NOT NULL,
    pid integer NOT NULL,
    machine text,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE pawl.job_runner IS 'The processes that fire jobs, by their heartbeat: the firings of one that is not here are left behind';

CREATE TABLE pawl.journal_3 (
    version bigint NOT NULL,
    op "char" NOT NULL,
    c1 bigint,
    c2 text,
    c3 numeric
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');

CREATE TABLE pawl.journal_4 (
    version bigint NOT NULL,
    op "char" NOT NULL,
    c1 integer,
    c2 integer,
    c3 bigint
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000');

CREATE TABLE pawl.lease (
    name text NOT NULL,
    holder text NOT NULL,
    pid integer NOT NULL,
    machine text,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE pawl.lease IS 'Who works on this schema, by the database''s clock';

COMMENT ON COLUMN pawl.lease.machine IS 'Where pid means something: a process of the same machine sees when it is gone';

CREATE TABLE pawl.lifecycle (
    key text NOT NULL,
    value jsonb NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE pawl.lifecycle IS 'What was done once: reindexed';

CREATE TABLE pawl.migration (
    id integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE pawl.once (
    key text NOT NULL,
    index_id integer,
    level bigint,
    ran_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE pawl.once IS 'Keys of ctx.once that have run on this database';

COMMENT ON COLUMN pawl.once.level IS 'Of the block whose transaction it ran in: it goes when that leaves the chain';

CREATE TABLE pawl.tracked (
    id integer NOT NULL,
    rel regclass NOT NULL,
    kind text NOT NULL,
    key text[] DEFAULT '{}'::text[] NOT NULL,
    columns jsonb DEFAULT '[]'::jsonb NOT NULL,
    since bigint DEFAULT 0 NOT NULL,
    signature text,
    CONSTRAINT tracked_kind_check CHECK ((kind = ANY (ARRAY['table'::text, 'partition'::text, 'immune'::text, 'sequence'::text])))
);

COMMENT ON TABLE pawl.tracked IS 'What the journal knows of the schema; a table''s old rows are in journal_<id>';

COMMENT ON COLUMN pawl.tracked.since IS 'Versions up to this one cannot be put back: the table was altered';

ALTER TABLE pawl.tracked ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pawl.tracked_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE pawl.version (
    id bigint NOT NULL,
    index_id integer NOT NULL,
    previous bigint,
    previous_hash text,
    level bigint NOT NULL,
    hash text NOT NULL,
    sequences jsonb,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    snapshot pg_snapshot DEFAULT pg_current_snapshot() NOT NULL
);

COMMENT ON TABLE pawl.version IS 'Journalled transactions: from which level of its index to which';

COMMENT ON COLUMN pawl.version.snapshot IS 'Which transactions had ended when this one began';

ALTER TABLE pawl.version ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pawl.version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.account (
    id bigint NOT NULL,
    name text,
    balance numeric NOT NULL
);

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.seen (
    what text
);

CREATE TABLE public.transfer (
    level integer NOT NULL,
    index integer NOT NULL,
    account bigint
);

INSERT INTO pawl.block VALUES (1, 19, '0x46b0a7b105781a836c9495e13cc37e5841660b34c598ccc52f6e600bffe597a1', '0x591c81671d5926c5507688f604c10bc53bcc4be8ae608a5ff33f8d3696583fdf', 1600000228);
INSERT INTO pawl.block VALUES (1, 20, '0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445', '0x46b0a7b105781a836c9495e13cc37e5841660b34c598ccc52f6e600bffe597a1', 1600000240);
INSERT INTO pawl.block VALUES (1, 21, '0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b', '0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445', 1600000252);
INSERT INTO pawl.block VALUES (1, 22, '0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b', '0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b', 1600000264);
INSERT INTO pawl.block VALUES (1, 23, '0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362', '0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b', 1600000276);
INSERT INTO pawl.block VALUES (1, 24, '0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2', '0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362', 1600000288);
INSERT INTO pawl.block VALUES (1, 25, '0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a', '0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2', 1600000300);
INSERT INTO pawl.block VALUES (1, 26, '0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171', '0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a', 1600000312);
INSERT INTO pawl.block VALUES (1, 27, '0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794', '0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171', 1600000324);
INSERT INTO pawl.block VALUES (1, 28, '0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284', '0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794', 1600000336);
INSERT INTO pawl.block VALUES (1, 29, '0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9', '0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284', 1600000348);
INSERT INTO pawl.block VALUES (1, 30, '0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79', '0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9', 1600000360);
INSERT INTO pawl.block VALUES (1, 31, '0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33', '0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79', 1600000372);
INSERT INTO pawl.block VALUES (1, 32, '0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875', '0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33', 1600000384);
INSERT INTO pawl.block VALUES (1, 33, '0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611', '0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875', 1600000396);
INSERT INTO pawl.block VALUES (1, 34, '0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0', '0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611', 1600000408);
INSERT INTO pawl.block VALUES (1, 35, '0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b', '0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0', 1600000420);
INSERT INTO pawl.block VALUES (1, 36, '0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92', '0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b', 1600000432);
INSERT INTO pawl.block VALUES (1, 37, '0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e', '0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92', 1600000444);
INSERT INTO pawl.block VALUES (1, 38, '0xc2fd07430fd195919953f7d9f5994e453ae368799f34646dd4a5ff855f10cab9', '0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e', 1600000456);
INSERT INTO pawl.block VALUES (1, 39, '0x4856fe29b4f9eead1ba9176248f0f0c96aa0f83e541b4ff10198a15e11fcfa35', '0xc2fd07430fd195919953f7d9f5994e453ae368799f34646dd4a5ff855f10cab9', 1600000468);
INSERT INTO pawl.block VALUES (1, 40, '0x2b02226fa3821efae7319f7d119e9c74839cb6aa82074ffb653c4806faa33782', '0x4856fe29b4f9eead1ba9176248f0f0c96aa0f83e541b4ff10198a15e11fcfa35', 1600000480);
INSERT INTO pawl.block VALUES (1, 41, '0x6c140968ca214dbb2e457df40bd35228f745a8c075ed242acebacf5fd246974c', '0x2b02226fa3821efae7319f7d119e9c74839cb6aa82074ffb653c4806faa33782', 1600000492);

INSERT INTO pawl.fence VALUES ('indexer', 1);

INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('243d8e32-7f2f-4a45-847f-1bff4142c0dd', 1, 'announce', '{"hash": "0xba03d5ef97adfc70dc01abc4cddb7e7036001b5570e88ef340102b514679bbf1"}', '{"type": "handler", "index": "transfers", "level": 0}', '0xba03d5ef97adfc70dc01abc4cddb7e7036001b5570e88ef340102b514679bbf1', 1, 0, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:43.486+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:45.3465+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('2d9f69ad-bd14-4ac4-84c1-3b6971db15a7', 3, 'announce', '{"hash": "0x6ad2e4e9d56a0377ba11966da640e2a54c911a2b8c1130313dcae81fa909872f"}', '{"type": "handler", "index": "transfers", "level": 2}', '0x6ad2e4e9d56a0377ba11966da640e2a54c911a2b8c1130313dcae81fa909872f', 1, 2, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:43.772+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:45.673862+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('34c0ae29-701d-458c-a9d6-f2a043d19ef7', 4, 'announce', '{"hash": "0xa5493a915fad2c6c6732112b806f73a6ea9fea1cb5d9955312bbeb079121fbc3"}', '{"type": "handler", "index": "transfers", "level": 3}', '0xa5493a915fad2c6c6732112b806f73a6ea9fea1cb5d9955312bbeb079121fbc3', 1, 3, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:43.915+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:45.873158+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('7f8caa53-44f3-4f3f-8681-63f2a7427eeb', 5, 'announce', '{"hash": "0x54e05e8bb801d4f4832a9da6957a18125203114f831438c627824afb2941acb4"}', '{"type": "handler", "index": "transfers", "level": 4}', '0x54e05e8bb801d4f4832a9da6957a18125203114f831438c627824afb2941acb4', 1, 4, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.066+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:45.994074+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('2bdb1e55-2c01-4dd5-8cc7-44940b287178', 6, 'announce', '{"hash": "0xc808d1e544bfcf2542d6114a4a909dc3cda5fc104fde3033268746a8b4de2f6d"}', '{"type": "handler", "index": "transfers", "level": 5}', '0xc808d1e544bfcf2542d6114a4a909dc3cda5fc104fde3033268746a8b4de2f6d', 1, 5, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.171+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.290572+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('3025f4bd-2888-4dbc-83ea-f815fc08a444', 7, 'announce', '{"hash": "0x4f80bd4d914b6620436526bb64650f8f1a57715d8349bcdf11b9eb3cb0c0bbbf"}', '{"type": "handler", "index": "transfers", "level": 6}', '0x4f80bd4d914b6620436526bb64650f8f1a57715d8349bcdf11b9eb3cb0c0bbbf', 1, 6, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.226+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.434532+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('80331004-9d12-4255-a01a-a4cccda944bf', 8, 'announce', '{"hash": "0x04d73394910e50578d52215ff05d2278313e851770367dbb3035dbd2be81b55b"}', '{"type": "handler", "index": "transfers", "level": 7}', '0x04d73394910e50578d52215ff05d2278313e851770367dbb3035dbd2be81b55b', 1, 7, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.308+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.585178+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('e1e22339-7dd4-404d-8afb-6eb144755d59', 9, 'announce', '{"hash": "0x1db61a427e0202fb96dcf51f874a6ec4939c195e1352a795f194f9cafc410e47"}', '{"type": "handler", "index": "transfers", "level": 8}', '0x1db61a427e0202fb96dcf51f874a6ec4939c195e1352a795f194f9cafc410e47', 1, 8, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.34+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.635019+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('e4dd09b8-b4c9-41da-a7f6-3e1adf22135b', 10, 'announce', '{"hash": "0xb3e18ee58e12ccb3889e916b2154eb4a0528ee9e5669453d3402980189755a92"}', '{"type": "handler", "index": "transfers", "level": 9}', '0xb3e18ee58e12ccb3889e916b2154eb4a0528ee9e5669453d3402980189755a92', 1, 9, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.41+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.67308+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('f6f3fc4d-bc71-4c17-a63d-e25fdd330c65', 11, 'announce', '{"hash": "0x42c63f69d029b58de585f50b0db4a10dc8005feeca6c6b1774b94a19b967b874"}', '{"type": "handler", "index": "transfers", "level": 10}', '0x42c63f69d029b58de585f50b0db4a10dc8005feeca6c6b1774b94a19b967b874', 1, 10, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.51+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.782357+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('b02fab8f-7245-46fb-893a-bf8ed863a486', 12, 'announce', '{"hash": "0xe1da3423600fd42682d542dba9585f902a2a6e10ef221284e5c5c71b8d7ab2ca"}', '{"type": "handler", "index": "transfers", "level": 11}', '0xe1da3423600fd42682d542dba9585f902a2a6e10ef221284e5c5c71b8d7ab2ca', 1, 11, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.539+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.930118+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('2d5d46e2-1ce6-4f55-8f80-f2a1542de024', 13, 'announce', '{"hash": "0xed42eb507e432a4dd4b46f4c00db3252478e57778b29ce3265352151bb5a4eb4"}', '{"type": "handler", "index": "transfers", "level": 12}', '0xed42eb507e432a4dd4b46f4c00db3252478e57778b29ce3265352151bb5a4eb4', 1, 12, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.565+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:46.990307+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('93f9c318-7c43-4b40-9c06-ebf80b7d8002', 14, 'announce', '{"hash": "0x1eea155b5247d9fd388ef9233c9220bc54c8246e7753d200f1a3ec2d64fb8c45"}', '{"type": "handler", "index": "transfers", "level": 13}', '0x1eea155b5247d9fd388ef9233c9220bc54c8246e7753d200f1a3ec2d64fb8c45', 1, 13, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.658+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.019473+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('622ed17b-b6a2-4856-894c-a132822b8c54', 16, 'announce', '{"hash": "0x117fe2629888f6cd93590b45103ace84c96fe6e4e3cb4de06fa3c4cb3cff3ce5"}', '{"type": "handler", "index": "transfers", "level": 15}', '0x117fe2629888f6cd93590b45103ace84c96fe6e4e3cb4de06fa3c4cb3cff3ce5', 1, 15, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.752+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.24511+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('bd246791-a940-4624-9256-d67b6c80cafd', 17, 'announce', '{"hash": "0xfeef4165b43568a31759f65bcb9660e91f5633771ec0b0c4f28d507214816cbf"}', '{"type": "handler", "index": "transfers", "level": 16}', '0xfeef4165b43568a31759f65bcb9660e91f5633771ec0b0c4f28d507214816cbf', 1, 16, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.782+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.306354+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('ec7d0848-f88e-495c-a5ab-1b7de591f520', 18, 'announce', '{"hash": "0x27c0b85c51a82bc22baea0dd5d5024a48aac0f7d8fc00a613fdacb079a29ce20"}', '{"type": "handler", "index": "transfers", "level": 17}', '0x27c0b85c51a82bc22baea0dd5d5024a48aac0f7d8fc00a613fdacb079a29ce20', 1, 17, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.813+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.37009+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('4f6c5a45-0b87-4016-ba9d-91d343eaf2cf', 19, 'announce', '{"hash": "0x591c81671d5926c5507688f604c10bc53bcc4be8ae608a5ff33f8d3696583fdf"}', '{"type": "handler", "index": "transfers", "level": 18}', '0x591c81671d5926c5507688f604c10bc53bcc4be8ae608a5ff33f8d3696583fdf', 1, 18, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.91+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.420645+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('361a3a03-b3b5-42b5-ae53-a9edb8dd6fc7', 20, 'announce', '{"hash": "0x46b0a7b105781a836c9495e13cc37e5841660b34c598ccc52f6e600bffe597a1"}', '{"type": "handler", "index": "transfers", "level": 19}', '0x46b0a7b105781a836c9495e13cc37e5841660b34c598ccc52f6e600bffe597a1', 1, 19, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:45.038+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.549255+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('6b8f2658-b80c-45bf-bb23-e58424db58a7', 21, 'announce', '{"hash": "0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445"}', '{"type": "handler", "index": "transfers", "level": 20}', '0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445', 1, 20, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:45.283+00', NULL, '2026-11-29 05:48:45.128529+00', '2026-11-29 05:48:47.590493+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('b69af629-5643-412b-b2d3-6babbc518ce2', 22, 'announce', '{"hash": "0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b"}', '{"type": "handler", "index": "transfers", "level": 21}', '0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b', 1, 21, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:45.502+00', NULL, '2026-11-29 05:48:45.472799+00', '2026-11-29 05:48:47.616219+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('0d0fa9ae-1ebc-4900-81fc-0e8f055cc5e8', 2, 'announce', '{"hash": "0xcc6b8894017926683c4d3034460ec2445a29e388243c6930bb6304d6bc127533"}', '{"type": "handler", "index": "transfers", "level": 1}', '0xcc6b8894017926683c4d3034460ec2445a29e388243c6930bb6304d6bc127533', 1, 1, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:43.714+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:45.530375+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('70b8620e-8587-47cc-8e85-7c4666b5efe1', 15, 'announce', '{"hash": "0xcfc406afb0a6265dae7a6c4f6b1c36c5388f26f660f36e78a2f5e54cc609c1ef"}', '{"type": "handler", "index": "transfers", "level": 14}', '0xcfc406afb0a6265dae7a6c4f6b1c36c5388f26f660f36e78a2f5e54cc609c1ef', 1, 14, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:44.701+00', NULL, '2026-11-29 05:48:43.184237+00', '2026-11-29 05:48:47.105049+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('329ea373-c725-43ef-8c45-225416a542ab', 23, 'announce', '{"hash": "0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b"}', '{"type": "handler", "index": "transfers", "level": 22}', '0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b', 1, 22, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:45.642+00', NULL, '2026-11-29 05:48:45.593141+00', '2026-11-29 05:48:47.684047+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('fb848eee-fa1f-448c-9236-ebbd697f2eab', 24, 'announce', '{"hash": "0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362"}', '{"type": "handler", "index": "transfers", "level": 23}', '0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362', 1, 23, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:45.832+00', NULL, '2026-11-29 05:48:45.726657+00', '2026-11-29 05:48:47.699204+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('d0c5138b-c639-4202-809c-a71383b1ac4e', 25, 'announce', '{"hash": "0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2"}', '{"type": "handler", "index": "transfers", "level": 24}', '0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2', 1, 24, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:45.951+00', NULL, '2026-11-29 05:48:45.904637+00', '2026-11-29 05:48:47.713848+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('8932dbd2-daa0-4882-a887-e20e44acf446', 28, 'announce', '{"hash": "0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794"}', '{"type": "handler", "index": "transfers", "level": 27}', '0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794', 1, 27, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.566+00', NULL, '2026-11-29 05:48:46.515963+00', '2026-11-29 05:48:47.742575+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('c6885745-e328-4a71-a41c-ba81a65408bb', 29, 'announce', '{"hash": "0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284"}', '{"type": "handler", "index": "transfers", "level": 28}', '0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284', 1, 28, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.624+00', NULL, '2026-11-29 05:48:46.607188+00', '2026-11-29 05:48:47.820516+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('acc14efd-fc27-4b90-8047-dfcf00f1a476', 30, 'announce', '{"hash": "0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9"}', '{"type": "handler", "index": "transfers", "level": 29}', '0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9', 1, 29, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.657+00', NULL, '2026-11-29 05:48:46.642088+00', '2026-11-29 05:48:47.85953+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('e36bc56d-0423-482d-b445-6a4a275acaba', 31, 'announce', '{"hash": "0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79"}', '{"type": "handler", "index": "transfers", "level": 30}', '0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79', 1, 30, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.757+00', NULL, '2026-11-29 05:48:46.688193+00', '2026-11-29 05:48:47.971092+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('a4ee9fc0-9def-40cc-88a6-7e6cb9f5dea7', 32, 'announce', '{"hash": "0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33"}', '{"type": "handler", "index": "transfers", "level": 31}', '0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33', 1, 31, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.924+00', NULL, '2026-11-29 05:48:46.8556+00', '2026-11-29 05:48:48.035053+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('c737a210-f954-49dd-8923-8bb31e158e13', 33, 'announce', '{"hash": "0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875"}', '{"type": "handler", "index": "transfers", "level": 32}', '0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875', 1, 32, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.985+00', NULL, '2026-11-29 05:48:46.971547+00', '2026-11-29 05:48:48.14247+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('28e0ecc4-d07e-444f-8cee-2facd3c60bf4', 34, 'announce', '{"hash": "0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611"}', '{"type": "handler", "index": "transfers", "level": 33}', '0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611', 1, 33, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:47.01+00', NULL, '2026-11-29 05:48:47.000253+00', '2026-11-29 05:48:48.213865+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('bcc036b5-8dda-42d6-a846-fd6f2945cb3e', 26, 'announce', '{"hash": "0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a"}', '{"type": "handler", "index": "transfers", "level": 25}', '0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a', 1, 25, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.266+00', NULL, '2026-11-29 05:48:46.080326+00', '2026-11-29 05:48:47.721157+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('ca5cc37a-9f58-4eca-82c6-e02e12898647', 27, 'announce', '{"hash": "0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171"}', '{"type": "handler", "index": "transfers", "level": 26}', '0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171', 1, 26, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:46.395+00', NULL, '2026-11-29 05:48:46.326104+00', '2026-11-29 05:48:47.739219+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('b4417eed-507f-4ce6-b39a-1425d5e9cf25', 35, 'announce', '{"hash": "0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0"}', '{"type": "handler", "index": "transfers", "level": 34}', '0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0', 1, 34, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:47.086+00', NULL, '2026-11-29 05:48:47.040953+00', '2026-11-29 05:48:48.253963+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('5250ddaf-2163-40a0-8dd5-7ef37cc782a9', 36, 'announce', '{"hash": "0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b"}', '{"type": "handler", "index": "transfers", "level": 35}', '0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b', 1, 35, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:47.228+00', NULL, '2026-11-29 05:48:47.166056+00', '2026-11-29 05:48:48.307868+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('59a52ea9-6f56-45c2-85ab-a8ebdb78a94c', 37, 'announce', '{"hash": "0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92"}', '{"type": "handler", "index": "transfers", "level": 36}', '0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92', 1, 36, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:47.294+00', NULL, '2026-11-29 05:48:47.271301+00', '2026-11-29 05:48:48.369944+00');
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('24d6e002-c2bb-4381-aa9d-db9cd3ef91a9', 42, 'announce', '{"hash": "0xc2fd07430fd195919953f7d9f5994e453ae368799f34646dd4a5ff855f10cab9"}', '{"type": "handler", "index": "transfers", "level": 38}', '0xc2fd07430fd195919953f7d9f5994e453ae368799f34646dd4a5ff855f10cab9', 1, 38, 3, true, 'queued', false, false, false, 0, '2026-11-29 05:48:49.31+00', NULL, '2026-11-29 05:48:49.276663+00', NULL);
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('b03a74b1-ee7a-4e25-829d-fde03d9b5bf0', 43, 'announce', '{"hash": "0x4856fe29b4f9eead1ba9176248f0f0c96aa0f83e541b4ff10198a15e11fcfa35"}', '{"type": "handler", "index": "transfers", "level": 39}', '0x4856fe29b4f9eead1ba9176248f0f0c96aa0f83e541b4ff10198a15e11fcfa35', 1, 39, 3, true, 'queued', false, false, false, 0, '2026-11-29 05:48:49.408+00', NULL, '2026-11-29 05:48:49.346014+00', NULL);
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('241620b2-4efd-480a-b241-f8b07d98106d', 44, 'announce', '{"hash": "0x2b02226fa3821efae7319f7d119e9c74839cb6aa82074ffb653c4806faa33782"}', '{"type": "handler", "index": "transfers", "level": 40}', '0x2b02226fa3821efae7319f7d119e9c74839cb6aa82074ffb653c4806faa33782', 1, 40, 3, true, 'queued', false, false, false, 0, '2026-11-29 05:48:49.542+00', NULL, '2026-11-29 05:48:49.458032+00', NULL);
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('f0fde0f2-6b95-4221-8c67-38bbe931012c', 45, 'announce', '{"hash": "0x6c140968ca214dbb2e457df40bd35228f745a8c075ed242acebacf5fd246974c"}', '{"type": "handler", "index": "transfers", "level": 41}', '0x6c140968ca214dbb2e457df40bd35228f745a8c075ed242acebacf5fd246974c', 1, 41, 3, true, 'queued', false, false, false, 0, '2026-11-29 05:48:49.697+00', NULL, '2026-11-29 05:48:49.591224+00', NULL);
INSERT INTO pawl.firing OVERRIDING SYSTEM VALUE VALUES ('a2799a9e-9750-41d4-842c-74adbc6fdceb', 41, 'announce', '{"hash": "0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e"}', '{"type": "handler", "index": "transfers", "level": 37}', '0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e', 1, 37, 3, true, 'done', false, false, false, 0, '2026-11-29 05:48:49.227+00', NULL, '2026-11-29 05:48:49.077978+00', '2026-11-29 05:48:49.772143+00');

INSERT INTO pawl.index OVERRIDING SYSTEM VALUE VALUES (1, 'transfers', 'simulated:stored', 41, '0x6c140968ca214dbb2e457df40bd35228f745a8c075ed242acebacf5fd246974c', NULL, '{"selection": null, "firstLevel": null}', NULL, NULL);

INSERT INTO pawl.job VALUES ('hourly', 'tick', 'crontab 0 * * * * (UTC)', '2026-11-29 05:48:42.752+00', '2026-11-29 05:48:42.752+00', NULL, '2026-11-29 06:00:00+00', 0, 0, 0, 0, 0, NULL, false, NULL, 'crontab 0 * * * * (UTC)', false, NULL, NULL, false, false, 0);
INSERT INTO pawl.job VALUES ('daily', 'tick', 'every 86400 s', '2026-11-29 05:48:42.752+00', '2026-11-29 05:48:42.752+00', '2026-11-29 05:48:47.529+00', '2026-11-30 05:48:42.752+00', 1, 0, 0, 0, 0, NULL, false, NULL, 'every 86400 s', false, NULL, NULL, false, false, 0);

INSERT INTO pawl.job_run VALUES ('daily', '2026-11-29 05:48:47.529+00', 'succeeded', 1, 1, true, '007855c1-e1ab-4265-b67a-00da5048e2b5', NULL, '2026-11-29 05:48:47.64+00', '2026-11-29 05:48:47.778+00', NULL);

INSERT INTO pawl.journal_3 VALUES (1, 'O', 2, 'account-6', 4426);
INSERT INTO pawl.journal_3 VALUES (1, 'O', 22, 'account-1', 529);
INSERT INTO pawl.journal_3 VALUES (1, 'O', 8, 'account-5', 1265);
INSERT INTO pawl.journal_3 VALUES (2, 'O', 8, 'account-5', 1767);
INSERT INTO pawl.journal_3 VALUES (3, 'O', 1, 'account-4', 1419);
INSERT INTO pawl.journal_3 VALUES (4, 'O', 10, 'account-0', 2764);
INSERT INTO pawl.journal_3 VALUES (4, 'O', 22, 'account-1', 658);
INSERT INTO pawl.journal_3 VALUES (5, 'O', 22, 'account-1', 818);
INSERT INTO pawl.journal_3 VALUES (5, 'O', 7, 'account-3', 5525);
INSERT INTO pawl.journal_3 VALUES (6, 'O', 4, 'account-2', 3169);
INSERT INTO pawl.journal_3 VALUES (6, 'O', 10, 'account-0', 3334);
INSERT INTO pawl.journal_3 VALUES (6, 'O', 7, 'account-3', 5557);
INSERT INTO pawl.journal_3 VALUES (7, 'O', 8, 'account-5', 2153);
INSERT INTO pawl.journal_3 VALUES (8, 'O', 10, 'account-0', 4298);
INSERT INTO pawl.journal_3 VALUES (8, 'O', 6, 'account-7', 2365);
INSERT INTO pawl.journal_3 VALUES (9, 'O', 4, 'account-2', 3852);
INSERT INTO pawl.journal_3 VALUES (9, 'O', 8, 'account-5', 2837);
INSERT INTO pawl.journal_3 VALUES (10, 'O', 22, 'account-1', 2465);
INSERT INTO pawl.journal_3 VALUES (10, 'O', 10, 'account-0', 5271);
INSERT INTO pawl.journal_3 VALUES (11, 'O', 7, 'account-3', 5593);
INSERT INTO pawl.journal_3 VALUES (11, 'O', 4, 'account-2', 5236);
INSERT INTO pawl.journal_3 VALUES (11, 'O', 10, 'account-0', 5540);
INSERT INTO pawl.journal_3 VALUES (12, 'O', 4, 'account-2', 5994);
INSERT INTO pawl.journal_3 VALUES (12, 'O', 2, 'account-6', 5090);
INSERT INTO pawl.journal_3 VALUES (12, 'O', 7, 'account-3', 6216);
INSERT INTO pawl.journal_3 VALUES (13, 'O', 6, 'account-7', 2557);
INSERT INTO pawl.journal_3 VALUES (13, 'O', 22, 'account-1', 2829);
INSERT INTO pawl.journal_3 VALUES (14, 'O', 22, 'account-1', 3396);
INSERT INTO pawl.journal_3 VALUES (15, 'O', 10, 'account-0', 6283);
INSERT INTO pawl.journal_3 VALUES (15, 'O', 2, 'account-6', 5386);
INSERT INTO pawl.journal_3 VALUES (16, 'O', 2, 'account-6', 6246);
INSERT INTO pawl.journal_3 VALUES (16, 'O', 8, 'account-5', 3492);
INSERT INTO pawl.journal_3 VALUES (16, 'O', 4, 'account-2', 6037);
INSERT INTO pawl.journal_3 VALUES (17, 'O', 6, 'account-7', 2624);
INSERT INTO pawl.journal_3 VALUES (17, 'O', 22, 'account-1', 4048);
INSERT INTO pawl.journal_3 VALUES (21, 'O', 10, 'account-0', 6293);
INSERT INTO pawl.journal_3 VALUES (22, 'O', 22, 'account-1', 4277);
INSERT INTO pawl.journal_3 VALUES (23, 'O', 7, 'account-3', 6863);
INSERT INTO pawl.journal_3 VALUES (24, 'O', 6, 'account-7', 3315);
INSERT INTO pawl.journal_3 VALUES (24, 'O', 1, 'account-4', 2814);
INSERT INTO pawl.journal_3 VALUES (25, 'O', 2, 'account-6', 6953);
INSERT INTO pawl.journal_3 VALUES (25, 'O', 4, 'account-2', 6320);

INSERT INTO pawl.journal_4 VALUES (1, 'I', 20, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (1, 'I', 20, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (1, 'I', 20, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (2, 'I', 21, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (3, 'I', 22, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (3, 'I', 22, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (4, 'I', 23, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (4, 'I', 23, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (5, 'I', 24, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (5, 'I', 24, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (5, 'I', 24, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (6, 'I', 25, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (6, 'I', 25, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (6, 'I', 25, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (7, 'I', 26, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (8, 'I', 27, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (8, 'I', 27, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (9, 'I', 28, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (9, 'I', 28, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (9, 'I', 28, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (10, 'I', 29, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (10, 'I', 29, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (11, 'I', 30, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (11, 'I', 30, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (11, 'I', 30, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (12, 'I', 31, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (12, 'I', 31, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (12, 'I', 31, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (13, 'I', 32, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (13, 'I', 32, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (13, 'I', 32, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (14, 'I', 33, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (15, 'I', 34, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (15, 'I', 34, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (16, 'I', 35, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (16, 'I', 35, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (16, 'I', 35, 2, NULL);
INSERT INTO pawl.journal_4 VALUES (17, 'I', 36, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (17, 'I', 36, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (21, 'I', 37, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (22, 'I', 38, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (23, 'I', 39, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (24, 'I', 40, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (24, 'I', 40, 1, NULL);
INSERT INTO pawl.journal_4 VALUES (25, 'I', 41, 0, NULL);
INSERT INTO pawl.journal_4 VALUES (25, 'I', 41, 1, NULL);

INSERT INTO pawl.lifecycle VALUES ('reindexed', '{"reason": "first_start"}', '2026-11-29 05:48:40.988409+00');
INSERT INTO pawl.lifecycle VALUES ('schema', '{"scripts": {}, "version": 1}', '2026-11-29 05:48:40.988409+00');

INSERT INTO pawl.migration VALUES (1, 'indexes', '2026-11-29 05:48:39.204587+00');
INSERT INTO pawl.migration VALUES (2, 'lifecycle', '2026-11-29 05:48:39.49343+00');
INSERT INTO pawl.migration VALUES (3, 'journal', '2026-11-29 05:48:39.587426+00');
INSERT INTO pawl.migration VALUES (4, 'jobs', '2026-11-29 05:48:39.881836+00');
INSERT INTO pawl.migration VALUES (5, 'job-runs', '2026-11-29 05:48:39.942958+00');
INSERT INTO pawl.migration VALUES (6, 'firings', '2026-11-29 05:48:40.090146+00');
INSERT INTO pawl.migration VALUES (7, 'once', '2026-11-29 05:48:40.187481+00');
INSERT INTO pawl.migration VALUES (8, 'fingerprints', '2026-11-29 05:48:40.371124+00');

INSERT INTO pawl.once VALUES ('seed', NULL, NULL, '2026-11-29 05:48:41.603248+00');

INSERT INTO pawl.tracked OVERRIDING SYSTEM VALUE VALUES (1, 'public.seen', 'immune', '{}', '[]', 0, '746 0 ');
INSERT INTO pawl.tracked OVERRIDING SYSTEM VALUE VALUES (2, 'public.account_id_seq', 'sequence', '{}', '[]', 0, '');
INSERT INTO pawl.tracked OVERRIDING SYSTEM VALUE VALUES (3, 'public.account', 'table', '{id}', '[{"name": "id", "type": "pg_catalog.int8", "since": "0", "number": 1, "shadow": "c1", "identity": true}, {"name": "name", "type": "pg_catalog.text", "since": "0", "number": 2, "shadow": "c2", "identity": false}, {"name": "balance", "type": "pg_catalog.\"numeric\"", "since": "0", "number": 3, "shadow": "c3", "identity": false}]', 0, '2238 746 5 3748');
INSERT INTO pawl.tracked OVERRIDING SYSTEM VALUE VALUES (4, 'public.transfer', 'table', '{level,index}', '[{"name": "level", "type": "pg_catalog.int4", "since": "0", "number": 1, "shadow": "c1", "identity": false}, {"name": "index", "type": "pg_catalog.int4", "since": "0", "number": 2, "shadow": "c2", "identity": false}, {"name": "account", "type": "pg_catalog.int8", "since": "0", "number": 3, "shadow": "c3", "identity": false}]', 0, '2238 746 5 3748');

INSERT INTO pawl.tracked_schema VALUES ('public', '{seen}', '{16580,16589}', '4476 2 1492 10 7496 4 66322');

INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (1, 1, 19, '0x46b0a7b105781a836c9495e13cc37e5841660b34c598ccc52f6e600bffe597a1', 20, '0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445', '{"\"public\".\"account_id_seq\"": [40, true]}', '760', '760:760:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (2, 1, 20, '0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445', 21, '0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b', '{"\"public\".\"account_id_seq\"": [43, true]}', '762', '762:762:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (3, 1, 21, '0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b', 22, '0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b', '{"\"public\".\"account_id_seq\"": [44, true]}', '764', '764:764:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (4, 1, 22, '0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b', 23, '0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362', '{"\"public\".\"account_id_seq\"": [46, true]}', '768', '768:768:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (5, 1, 23, '0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362', 24, '0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2', '{"\"public\".\"account_id_seq\"": [48, true]}', '770', '770:770:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (6, 1, 24, '0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2', 25, '0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a', '{"\"public\".\"account_id_seq\"": [51, true]}', '772', '772:772:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (7, 1, 25, '0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a', 26, '0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171', '{"\"public\".\"account_id_seq\"": [54, true]}', '774', '774:774:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (8, 1, 26, '0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171', 27, '0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794', '{"\"public\".\"account_id_seq\"": [55, true]}', '776', '776:776:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (9, 1, 27, '0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794', 28, '0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284', '{"\"public\".\"account_id_seq\"": [57, true]}', '778', '778:778:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (10, 1, 28, '0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284', 29, '0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9', '{"\"public\".\"account_id_seq\"": [60, true]}', '780', '780:780:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (11, 1, 29, '0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9', 30, '0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79', '{"\"public\".\"account_id_seq\"": [62, true]}', '782', '782:782:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (12, 1, 30, '0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79', 31, '0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33', '{"\"public\".\"account_id_seq\"": [65, true]}', '784', '784:784:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (13, 1, 31, '0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33', 32, '0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875', '{"\"public\".\"account_id_seq\"": [68, true]}', '786', '786:786:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (14, 1, 32, '0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875', 33, '0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611', '{"\"public\".\"account_id_seq\"": [71, true]}', '788', '788:788:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (15, 1, 33, '0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611', 34, '0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0', '{"\"public\".\"account_id_seq\"": [72, true]}', '790', '790:790:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (16, 1, 34, '0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0', 35, '0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b', '{"\"public\".\"account_id_seq\"": [74, true]}', '792', '792:792:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (17, 1, 35, '0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b', 36, '0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92', '{"\"public\".\"account_id_seq\"": [77, true]}', '794', '794:794:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (21, 1, 36, '0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92', 37, '0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e', '{"\"public\".\"account_id_seq\"": [79, true]}', '827', '827:827:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (22, 1, 37, '0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e', 38, '0xc2fd07430fd195919953f7d9f5994e453ae368799f34646dd4a5ff855f10cab9', '{"\"public\".\"account_id_seq\"": [80, true]}', '828', '828:828:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (23, 1, 38, '0xc2fd07430fd195919953f7d9f5994e453ae368799f34646dd4a5ff855f10cab9', 39, '0x4856fe29b4f9eead1ba9176248f0f0c96aa0f83e541b4ff10198a15e11fcfa35', '{"\"public\".\"account_id_seq\"": [81, true]}', '829', '829:829:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (24, 1, 39, '0x4856fe29b4f9eead1ba9176248f0f0c96aa0f83e541b4ff10198a15e11fcfa35', 40, '0x2b02226fa3821efae7319f7d119e9c74839cb6aa82074ffb653c4806faa33782', '{"\"public\".\"account_id_seq\"": [82, true]}', '830', '830:832:');
INSERT INTO pawl.version OVERRIDING SYSTEM VALUE VALUES (25, 1, 40, '0x2b02226fa3821efae7319f7d119e9c74839cb6aa82074ffb653c4806faa33782', 41, '0x6c140968ca214dbb2e457df40bd35228f745a8c075ed242acebacf5fd246974c', '{"\"public\".\"account_id_seq\"": [84, true]}', '832', '832:832:');

INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (8, 'account-5', 4164);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (10, 'account-0', 6591);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (22, 'account-1', 4773);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (7, 'account-3', 7151);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (6, 'account-7', 4019);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (1, 'account-4', 3642);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (2, 'account-6', 7743);
INSERT INTO public.account OVERRIDING SYSTEM VALUE VALUES (4, 'account-2', 6808);

INSERT INTO public.seen VALUES ('seeded');
INSERT INTO public.seen VALUES ('0xba03d5ef97adfc70dc01abc4cddb7e7036001b5570e88ef340102b514679bbf1');
INSERT INTO public.seen VALUES ('0xcc6b8894017926683c4d3034460ec2445a29e388243c6930bb6304d6bc127533');
INSERT INTO public.seen VALUES ('0x6ad2e4e9d56a0377ba11966da640e2a54c911a2b8c1130313dcae81fa909872f');
INSERT INTO public.seen VALUES ('0xa5493a915fad2c6c6732112b806f73a6ea9fea1cb5d9955312bbeb079121fbc3');
INSERT INTO public.seen VALUES ('0x54e05e8bb801d4f4832a9da6957a18125203114f831438c627824afb2941acb4');
INSERT INTO public.seen VALUES ('0xc808d1e544bfcf2542d6114a4a909dc3cda5fc104fde3033268746a8b4de2f6d');
INSERT INTO public.seen VALUES ('0x4f80bd4d914b6620436526bb64650f8f1a57715d8349bcdf11b9eb3cb0c0bbbf');
INSERT INTO public.seen VALUES ('0x04d73394910e50578d52215ff05d2278313e851770367dbb3035dbd2be81b55b');
INSERT INTO public.seen VALUES ('0x1db61a427e0202fb96dcf51f874a6ec4939c195e1352a795f194f9cafc410e47');
INSERT INTO public.seen VALUES ('0xb3e18ee58e12ccb3889e916b2154eb4a0528ee9e5669453d3402980189755a92');
INSERT INTO public.seen VALUES ('0x42c63f69d029b58de585f50b0db4a10dc8005feeca6c6b1774b94a19b967b874');
INSERT INTO public.seen VALUES ('0xe1da3423600fd42682d542dba9585f902a2a6e10ef221284e5c5c71b8d7ab2ca');
INSERT INTO public.seen VALUES ('0xed42eb507e432a4dd4b46f4c00db3252478e57778b29ce3265352151bb5a4eb4');
INSERT INTO public.seen VALUES ('0x1eea155b5247d9fd388ef9233c9220bc54c8246e7753d200f1a3ec2d64fb8c45');
INSERT INTO public.seen VALUES ('0xcfc406afb0a6265dae7a6c4f6b1c36c5388f26f660f36e78a2f5e54cc609c1ef');
INSERT INTO public.seen VALUES ('0x117fe2629888f6cd93590b45103ace84c96fe6e4e3cb4de06fa3c4cb3cff3ce5');
INSERT INTO public.seen VALUES ('0xfeef4165b43568a31759f65bcb9660e91f5633771ec0b0c4f28d507214816cbf');
INSERT INTO public.seen VALUES ('0x27c0b85c51a82bc22baea0dd5d5024a48aac0f7d8fc00a613fdacb079a29ce20');
INSERT INTO public.seen VALUES ('0x591c81671d5926c5507688f604c10bc53bcc4be8ae608a5ff33f8d3696583fdf');
INSERT INTO public.seen VALUES ('0x46b0a7b105781a836c9495e13cc37e5841660b34c598ccc52f6e600bffe597a1');
INSERT INTO public.seen VALUES ('0xa84c64942ce48db53e73df6b21c8a17998256f7dad48453c8058d57858b94445');
INSERT INTO public.seen VALUES ('0x39ca582233399d41c53061b200e4fe9cb925fec3886afbad76a4e054374be16b');
INSERT INTO public.seen VALUES ('0x5c1a850adfdc7f98acf8d559deca3cae943ac3a957fe4536e50a78751a54d13b');
INSERT INTO public.seen VALUES ('0x18cb4913f7dc2e0438aa31545529c91427d061e4d3a52b841e4138bea4063362');
INSERT INTO public.seen VALUES ('0xf3fe1a037a2cdcee2197509eb3cceb4a57f9c4d2593a3de551f49fc1780178a2');
INSERT INTO public.seen VALUES ('0xa7651b090be74b76f221eacfefbdb8ea3ba82122d3b7bb79e88a1a726a83507a');
INSERT INTO public.seen VALUES ('0xd8676061ffc1b8d1dd0a7b386153d1576e2e7a3ebfd39870d7e90452d6d11171');
INSERT INTO public.seen VALUES ('0x5a0f0c90586cd027401f2493b7754fd3af99ef7d27fe41b6aae270595665e794');
INSERT INTO public.seen VALUES ('0x3ae794f7a47ea71f3a22062008962d028e7abab0baed003624876a7db98f5284');
INSERT INTO public.seen VALUES ('0xd25b7b767c766c2621e7e3dab084f84b448d0bbff5d8d26382e422db78a782f9');
INSERT INTO public.seen VALUES ('0x311ba2edf55d3ae333ae4e32d9cd0ae96d9de66a18b2aecf775191ab3dd91c79');
INSERT INTO public.seen VALUES ('0xc87abab3116c6a54d213b221835fae6e875eb19e43e12e74fa4207eba8f44d33');
INSERT INTO public.seen VALUES ('0xe6c56121145bc4431f61ea5a93fb1985b46ba6aea16ac9064126f48e85c43875');
INSERT INTO public.seen VALUES ('0xc58e94a3a81be84be1028b7dd305dff03cdf9444ff357d670fb5b3d9f7863611');
INSERT INTO public.seen VALUES ('0xa67ea248d08fa360e0b7a18c30d266e20340153cf517541f2da81dac9c46fba0');
INSERT INTO public.seen VALUES ('0xe7d56dc605d1a78a5e7bda3f518bad605f9dfe4282acfa6a3500c2db6bdf119b');
INSERT INTO public.seen VALUES ('0xa15c76ae7caca6a7b7a6c2fd21b2a1899c455ae0c1d513446aadaedb20305f92');
INSERT INTO public.seen VALUES ('0x048b7667d516cd5d580511903e4de6de66ddb4fac28d3cc9726eaea6bbd8db0e');

INSERT INTO public.transfer VALUES (0, 0, 1);
INSERT INTO public.transfer VALUES (0, 1, 2);
INSERT INTO public.transfer VALUES (1, 0, 1);
INSERT INTO public.transfer VALUES (1, 1, 4);
INSERT INTO public.transfer VALUES (2, 0, 4);
INSERT INTO public.transfer VALUES (3, 0, 6);
INSERT INTO public.transfer VALUES (3, 1, 7);
INSERT INTO public.transfer VALUES (3, 2, 8);
INSERT INTO public.transfer VALUES (4, 0, 7);
INSERT INTO public.transfer VALUES (4, 1, 10);
INSERT INTO public.transfer VALUES (5, 0, 4);
INSERT INTO public.transfer VALUES (5, 1, 8);
INSERT INTO public.transfer VALUES (5, 2, 6);
INSERT INTO public.transfer VALUES (6, 0, 7);
INSERT INTO public.transfer VALUES (6, 1, 6);
INSERT INTO public.transfer VALUES (7, 0, 8);
INSERT INTO public.transfer VALUES (7, 1, 4);
INSERT INTO public.transfer VALUES (8, 0, 2);
INSERT INTO public.transfer VALUES (9, 0, 10);
INSERT INTO public.transfer VALUES (9, 1, 7);
INSERT INTO public.transfer VALUES (10, 0, 8);
INSERT INTO public.transfer VALUES (10, 1, 22);
INSERT INTO public.transfer VALUES (11, 0, 4);
INSERT INTO public.transfer VALUES (12, 0, 1);
INSERT INTO public.transfer VALUES (13, 0, 10);
INSERT INTO public.transfer VALUES (13, 1, 10);
INSERT INTO public.transfer VALUES (14, 0, 2);
INSERT INTO public.transfer VALUES (14, 1, 2);
INSERT INTO public.transfer VALUES (14, 2, 10);
INSERT INTO public.transfer VALUES (15, 0, 7);
INSERT INTO public.transfer VALUES (15, 1, 2);
INSERT INTO public.transfer VALUES (15, 2, 7);
INSERT INTO public.transfer VALUES (16, 0, 6);
INSERT INTO public.transfer VALUES (17, 0, 7);
INSERT INTO public.transfer VALUES (18, 0, 10);
INSERT INTO public.transfer VALUES (18, 1, 7);
INSERT INTO public.transfer VALUES (18, 2, 2);
INSERT INTO public.transfer VALUES (19, 0, 1);
INSERT INTO public.transfer VALUES (19, 1, 2);
INSERT INTO public.transfer VALUES (19, 2, 8);
INSERT INTO public.transfer VALUES (20, 0, 2);
INSERT INTO public.transfer VALUES (20, 1, 22);
INSERT INTO public.transfer VALUES (20, 2, 8);
INSERT INTO public.transfer VALUES (21, 0, 8);
INSERT INTO public.transfer VALUES (22, 0, 1);
INSERT INTO public.transfer VALUES (22, 1, 1);
INSERT INTO public.transfer VALUES (23, 0, 10);
INSERT INTO public.transfer VALUES (23, 1, 22);
INSERT INTO public.transfer VALUES (24, 0, 22);
INSERT INTO public.transfer VALUES (24, 1, 7);
INSERT INTO public.transfer VALUES (24, 2, 22);
INSERT INTO public.transfer VALUES (25, 0, 4);
INSERT INTO public.transfer VALUES (25, 1, 10);
INSERT INTO public.transfer VALUES (25, 2, 7);
INSERT INTO public.transfer VALUES (26, 0, 8);
INSERT INTO public.transfer VALUES (27, 0, 10);
INSERT INTO public.transfer VALUES (27, 1, 6);
INSERT INTO public.transfer VALUES (28, 0, 4);
INSERT INTO public.transfer VALUES (28, 1, 8);
INSERT INTO public.transfer VALUES (28, 2, 4);
INSERT INTO public.transfer VALUES (29, 0, 22);
INSERT INTO public.transfer VALUES (29, 1, 10);
INSERT INTO public.transfer VALUES (30, 0, 7);
INSERT INTO public.transfer VALUES (30, 1, 4);
INSERT INTO public.transfer VALUES (30, 2, 10);
INSERT INTO public.transfer VALUES (31, 0, 4);
INSERT INTO public.transfer VALUES (31, 1, 2);
INSERT INTO public.transfer VALUES (31, 2, 7);
INSERT INTO public.transfer VALUES (32, 0, 6);
INSERT INTO public.transfer VALUES (32, 1, 22);
INSERT INTO public.transfer VALUES (32, 2, 22);
INSERT INTO public.transfer VALUES (33, 0, 22);
INSERT INTO public.transfer VALUES (34, 0, 10);
INSERT INTO public.transfer VALUES (34, 1, 2);
INSERT INTO public.transfer VALUES (35, 0, 2);
INSERT INTO public.transfer VALUES (35, 1, 8);
INSERT INTO public.transfer VALUES (35, 2, 4);
INSERT INTO public.transfer VALUES (36, 0, 6);
INSERT INTO public.transfer VALUES (36, 1, 22);
INSERT INTO public.transfer VALUES (37, 0, 10);
INSERT INTO public.transfer VALUES (38, 0, 22);
INSERT INTO public.transfer VALUES (39, 0, 7);
INSERT INTO public.transfer VALUES (40, 0, 6);
INSERT INTO public.transfer VALUES (40, 1, 1);
INSERT INTO public.transfer VALUES (41, 0, 2);
INSERT INTO public.transfer VALUES (41, 1, 4);

SELECT pg_catalog.setval('pawl.firing_seq_seq', 45, true);

SELECT pg_catalog.setval('pawl.index_id_seq', 1, true);

SELECT pg_catalog.setval('pawl.tracked_id_seq', 4, true);

SELECT pg_catalog.setval('pawl.version_id_seq', 25, true);

SELECT pg_catalog.setval('public.account_id_seq', 86, true);

ALTER TABLE ONLY pawl.block
    ADD CONSTRAINT block_pkey PRIMARY KEY (index_id, level);

ALTER TABLE ONLY pawl.fence
    ADD CONSTRAINT fence_pkey PRIMARY KEY (name);

ALTER TABLE ONLY pawl.firing
    ADD CONSTRAINT firing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pawl.index
    ADD CONSTRAINT index_name_key UNIQUE (name);

ALTER TABLE ONLY pawl.index
    ADD CONSTRAINT index_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pawl.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name);

ALTER TABLE ONLY pawl.job_run
    ADD CONSTRAINT job_run_pkey PRIMARY KEY (job, fire_time);

ALTER TABLE ONLY pawl.job_runner
    ADD CONSTRAINT job_runner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pawl.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY pawl.lifecycle
    ADD CONSTRAINT lifecycle_pkey PRIMARY KEY (key);

ALTER TABLE ONLY pawl.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pawl.once
    ADD CONSTRAINT once_pkey PRIMARY KEY (key);

ALTER TABLE ONLY pawl.tracked
    ADD CONSTRAINT tracked_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pawl.tracked
    ADD CONSTRAINT tracked_rel_key UNIQUE (rel);

ALTER TABLE ONLY pawl.tracked_schema
    ADD CONSTRAINT tracked_schema_pkey PRIMARY KEY (name);

ALTER TABLE ONLY pawl.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_name_key UNIQUE (name);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_pkey PRIMARY KEY (level, index);

CREATE UNIQUE INDEX firing_key ON pawl.firing USING btree (hook, key) WHERE (key IS NOT NULL);

CREATE INDEX firing_level ON pawl.firing USING btree (index_id, level) WHERE (level IS NOT NULL);

CREATE INDEX firing_waiting ON pawl.firing USING btree (hook, seq) WHERE (state = 'queued'::text);

CREATE INDEX job_run_finished_at_idx ON pawl.job_run USING btree (finished_at);

CREATE INDEX job_run_owner_idx ON pawl.job_run USING btree (owner) WHERE (status = ANY (ARRAY['due'::text, 'running'::text]));

CREATE INDEX journal_3_version_idx ON pawl.journal_3 USING btree (version);

CREATE INDEX journal_4_version_idx ON pawl.journal_4 USING btree (version);

CREATE INDEX once_level ON pawl.once USING btree (index_id, level) WHERE (level IS NOT NULL);

CREATE INDEX version_index_id_level_idx ON pawl.version USING btree (index_id, level);

CREATE TRIGGER "pawl journal change" AFTER DELETE OR UPDATE ON public.account FOR EACH ROW EXECUTE FUNCTION pawl.journal_3_change();

ALTER TABLE public.account ENABLE ALWAYS TRIGGER "pawl journal change";

CREATE TRIGGER "pawl journal change" AFTER DELETE OR UPDATE ON public.transfer FOR EACH ROW EXECUTE FUNCTION pawl.journal_4_change();

ALTER TABLE public.transfer ENABLE ALWAYS TRIGGER "pawl journal change";

CREATE TRIGGER "pawl journal insert" AFTER INSERT ON public.account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pawl.journal_3_insert();

ALTER TABLE public.account ENABLE ALWAYS TRIGGER "pawl journal insert";

CREATE TRIGGER "pawl journal insert" AFTER INSERT ON public.transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pawl.journal_4_insert();

ALTER TABLE public.transfer ENABLE ALWAYS TRIGGER "pawl journal insert";

CREATE TRIGGER "pawl journal truncate" BEFORE TRUNCATE ON public.account FOR EACH STATEMENT EXECUTE FUNCTION pawl.journal_3_truncate();

ALTER TABLE public.account ENABLE ALWAYS TRIGGER "pawl journal truncate";

CREATE TRIGGER "pawl journal truncate" BEFORE TRUNCATE ON public.transfer FOR EACH STATEMENT EXECUTE FUNCTION pawl.journal_4_truncate();

ALTER TABLE public.transfer ENABLE ALWAYS TRIGGER "pawl journal truncate";

ALTER TABLE ONLY pawl.block
    ADD CONSTRAINT block_index_id_fkey FOREIGN KEY (index_id) REFERENCES pawl.index(id) ON DELETE CASCADE;

ALTER TABLE ONLY pawl.firing
    ADD CONSTRAINT firing_index_id_fkey FOREIGN KEY (index_id) REFERENCES pawl.index(id) ON DELETE SET NULL;

ALTER TABLE ONLY pawl.once
    ADD CONSTRAINT once_index_id_fkey FOREIGN KEY (index_id) REFERENCES pawl.index(id) ON DELETE SET NULL;

ALTER TABLE ONLY pawl.version
    ADD CONSTRAINT version_index_id_fkey FOREIGN KEY (index_id) REFERENCES pawl.index(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.transfer
    ADD CONSTRAINT transfer_account_fkey FOREIGN KEY (account) REFERENCES public.account(id);

