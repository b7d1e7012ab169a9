CREATE MATERIALIZED VIEW holder_stats AS (
    SELECT receiver AS address, count(*) AS received, sum(amount) AS total
    FROM transfer
    GROUP BY receiver
) WITH DATA;

CREATE UNIQUE INDEX holder_stats_address ON holder_stats (address);

CREATE MATERIALIZED VIEW level_stats AS
    SELECT level, sum(amount) AS moved FROM transfer GROUP BY level
WITH DATA;

CREATE UNIQUE INDEX level_stats_level ON level_stats (level);
