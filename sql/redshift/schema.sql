-- The tables of the batch jobs, made anew by every load, in the transaction of the load.
-- Columns of batch_metrics: those of every store (covid_core.rows) but what speaks of the log, in the order of the
-- Parquet files, since COPY goes by position. Keys are not enforced by Redshift; its planner uses them.

DROP VIEW IF EXISTS batch_metrics_live;
DROP TABLE IF EXISTS batch_metrics;
DROP TABLE IF EXISTS batch_regions;

-- Small: a copy on every node, so that a join moves nothing.
CREATE TABLE batch_regions (
    code VARCHAR(200) NOT NULL,
    kind VARCHAR(200) NOT NULL,
    country VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    name_fr VARCHAR(200),
    population BIGINT,
    PRIMARY KEY (code)
) DISTSTYLE ALL SORTKEY (code);

-- A region's days together: windows over a region stay on one node, ranges of days skip blocks.
CREATE TABLE batch_metrics (
    source VARCHAR(200) NOT NULL,
    region VARCHAR(200) NOT NULL,
    date DATE NOT NULL,
    confirmed BIGINT,
    deaths BIGINT,
    recovered BIGINT,
    tests BIGINT,
    confirmed_status VARCHAR(200),
    deaths_status VARCHAR(200),
    recovered_status VARCHAR(200),
    tests_status VARCHAR(200),
    confirmed_source VARCHAR(200),
    deaths_source VARCHAR(200),
    recovered_source VARCHAR(200),
    tests_source VARCHAR(200),
    new_confirmed BIGINT,
    new_deaths BIGINT,
    new_recovered BIGINT,
    new_tests BIGINT,
    avg7_confirmed DOUBLE PRECISION,
    avg7_deaths DOUBLE PRECISION,
    avg7_recovered DOUBLE PRECISION,
    avg7_tests DOUBLE PRECISION,
    active BIGINT,
    incidence DOUBLE PRECISION,
    incidence_7d DOUBLE PRECISION,
    case_fatality_ratio DOUBLE PRECISION,
    positivity_7d DOUBLE PRECISION,
    doubling_time DOUBLE PRECISION,
    deleted BOOLEAN,
    rt DOUBLE PRECISION,
    rt_lower DOUBLE PRECISION,
    rt_upper DOUBLE PRECISION,
    rt_note VARCHAR(200),
    PRIMARY KEY (source, region, date),
    FOREIGN KEY (region) REFERENCES batch_regions (code)
) DISTSTYLE KEY DISTKEY (region) SORTKEY (region, date);

-- Without tombstones: rows that were deleted and hold nothing.
CREATE VIEW batch_metrics_live AS
SELECT
    source, region, date, confirmed, deaths, recovered, tests, confirmed_status, deaths_status,
    recovered_status, tests_status, confirmed_source, deaths_source, recovered_source, tests_source,
    new_confirmed, new_deaths, new_recovered, new_tests, avg7_confirmed, avg7_deaths,
    avg7_recovered, avg7_tests, active, incidence, incidence_7d, case_fatality_ratio, positivity_7d,
    doubling_time, rt, rt_lower, rt_upper, rt_note
FROM batch_metrics
WHERE NOT COALESCE(deleted, FALSE);
