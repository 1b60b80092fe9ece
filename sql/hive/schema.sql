-- The tables of the database covid, made anew out of the temporary views covid_rows and covid_regions.
-- A table is written beside its place and then renamed, so that whoever asks meanwhile reads the one of before.
-- Types are those of the views: Hive has no keys, and Parquet files carry their own.

CREATE DATABASE IF NOT EXISTS covid;
USE covid;

DROP TABLE IF EXISTS batch_metrics_unfinished;
CREATE TABLE batch_metrics_unfinished STORED AS PARQUET AS
SELECT * FROM covid_rows ORDER BY source, region, `date`;

DROP TABLE IF EXISTS batch_regions_unfinished;
CREATE TABLE batch_regions_unfinished STORED AS PARQUET AS
SELECT * FROM covid_regions ORDER BY code;

DROP TABLE IF EXISTS batch_metrics;
ALTER TABLE batch_metrics_unfinished RENAME TO batch_metrics;
DROP TABLE IF EXISTS batch_regions;
ALTER TABLE batch_regions_unfinished RENAME TO batch_regions;

-- Without tombstones: rows that were deleted and hold nothing.
CREATE OR REPLACE VIEW batch_metrics_live AS
SELECT
    source, region, `date`, confirmed, deaths, recovered, tests, confirmed_status, deaths_status,
    recovered_status, tests_status, confirmed_source, deaths_source, recovered_source, tests_source,
    new_confirmed, new_deaths, new_recovered, new_tests, avg7_confirmed, avg7_deaths,
    avg7_recovered, avg7_tests, active, incidence, incidence_7d, case_fatality_ratio, positivity_7d,
    doubling_time, rt, rt_lower, rt_upper, rt_note
FROM batch_metrics
WHERE NOT COALESCE(deleted, FALSE);
