-- The oracle: every row that every store should hold, computed from the log alone.
--
-- In:  log(partition, "offset", timestamp, source, region, date,
--          confirmed, deaths, recovered, tests,                       cumulative counts or null
--          confirmed_status, deaths_status, recovered_status, tests_status,
--          reported_at, deleted, correction, withdrawn)               valid, correctly placed records
--      population(region, population)
-- Out: measured(source, region, date, counts, statuses, sources, metrics, deleted): all but Rt, which
--      reproduction.py adds
--
-- Written from the definitions of merging and metrics alone. It shares no code with the stream: where the
-- stream keeps a state per key and joins into it, this reads the whole log at once.

-- One row a key: when its layers were last deleted, and when its corrections were last withdrawn.
-- A key exists once any record stands for it, also one that only deletes or withdraws.
CREATE OR REPLACE TEMP TABLE keys AS
SELECT
    source, region, date,
    max(reported_at) FILTER (deleted AND NOT correction) AS reports_deleted_at,
    max(reported_at) FILTER (deleted AND correction) AS corrections_deleted_at,
    max(reported_at) FILTER (withdrawn) AS withdrawn_at
FROM log
GROUP BY source, region, date;

-- Every single thing ever said about a field; not_due may stand beside a number.
CREATE OR REPLACE TEMP TABLE said AS
SELECT source, region, date, correction, reported_at, 'confirmed' AS field, confirmed AS number, confirmed_status AS status
FROM log WHERE confirmed IS NOT NULL OR confirmed_status IS NOT NULL
UNION ALL
SELECT source, region, date, correction, reported_at, 'deaths', deaths, deaths_status
FROM log WHERE deaths IS NOT NULL OR deaths_status IS NOT NULL
UNION ALL
SELECT source, region, date, correction, reported_at, 'recovered', recovered, recovered_status
FROM log WHERE recovered IS NOT NULL OR recovered_status IS NOT NULL
UNION ALL
SELECT source, region, date, correction, reported_at, 'tests', tests, tests_status
FROM log WHERE tests IS NOT NULL OR tests_status IS NOT NULL;

-- What of it stands, and of that the one that counts: a correction before a report, then the newest, then
-- a number before a status, the greater number, a plain number before one not due, the last status by name.
CREATE OR REPLACE TEMP TABLE cells AS
SELECT said.source, said.region, said.date, said.field, said.number, said.status
FROM said
JOIN keys USING (source, region, date)
WHERE CASE
    WHEN said.correction THEN
        -- voided by a tombstone of its layer, or withdrawn, at the same moment or later
        (keys.corrections_deleted_at IS NULL OR said.reported_at > keys.corrections_deleted_at)
        AND (keys.withdrawn_at IS NULL OR said.reported_at > keys.withdrawn_at)
    ELSE
        (keys.reports_deleted_at IS NULL OR said.reported_at > keys.reports_deleted_at)
        -- a deletion by a person hides every report, until it is withdrawn
        AND NOT (
            keys.corrections_deleted_at IS NOT NULL
            AND (keys.withdrawn_at IS NULL OR keys.corrections_deleted_at > keys.withdrawn_at)
        )
    END
QUALIFY row_number() OVER (
    PARTITION BY said.source, said.region, said.date, said.field
    ORDER BY
        said.correction DESC,
        said.reported_at DESC,
        said.number IS NOT NULL DESC,
        said.number DESC,
        said.status IS NULL DESC,
        said.status DESC
) = 1;

-- For the source `merged`: Canada's publishers, and from when to when each gave numbers.
CREATE OR REPLACE TEMP TABLE publisher_days AS
SELECT DISTINCT region, date
FROM keys
WHERE source IN ('phac', 'phac-weekly', 'jhu') AND (region = 'CA' OR region LIKE 'CA-%');

CREATE OR REPLACE TEMP TABLE spans AS
SELECT source, region, field, min(date) AS first, max(date) AS last
FROM cells
WHERE number IS NOT NULL AND source IN ('phac', 'phac-weekly')
GROUP BY source, region, field;

CREATE OR REPLACE TEMP TABLE merged_cells AS
SELECT chosen.region, chosen.date, chosen.field, cells.number, cells.status, cells.source AS cell_source
FROM (
    SELECT
        days.region, days.date, fields.field,
        CASE
            WHEN days.date BETWEEN phac.first AND phac.last THEN 'phac'
            WHEN days.date BETWEEN weekly.first AND weekly.last THEN 'phac-weekly'
            ELSE 'jhu'
        END AS source
    FROM publisher_days AS days
    CROSS JOIN (VALUES ('confirmed'), ('deaths'), ('recovered'), ('tests')) AS fields (field)
    LEFT JOIN spans AS phac
        ON phac.source = 'phac' AND phac.region = days.region AND phac.field = fields.field
    LEFT JOIN spans AS weekly
        ON weekly.source = 'phac-weekly' AND weekly.region = days.region AND weekly.field = fields.field
) AS chosen
JOIN cells USING (source, region, date, field);

-- Rows exist for every key and every publisher day; they are live while anything is said (for merged: by
-- any of the three, chosen or not).
CREATE OR REPLACE TEMP TABLE existing AS
SELECT keys.source, keys.region, keys.date, live.date IS NULL AS deleted
FROM keys
LEFT JOIN (SELECT DISTINCT source, region, date FROM cells) AS live USING (source, region, date)
UNION ALL
SELECT 'merged', days.region, days.date, live.date IS NULL
FROM publisher_days AS days
LEFT JOIN (
    SELECT DISTINCT region, date FROM cells WHERE source IN ('phac', 'phac-weekly', 'jhu')
) AS live USING (region, date);

-- A row a day with its counts, statuses and whose they are.
CREATE OR REPLACE TEMP TABLE counts AS
WITH all_cells AS (
    SELECT source, region, date, field, number, status, source AS cell_source FROM cells
    UNION ALL
    SELECT 'merged', region, date, field, number, status, cell_source FROM merged_cells
)
SELECT
    source, region, date,
    any_value(number) FILTER (field = 'confirmed') AS confirmed,
    any_value(number) FILTER (field = 'deaths') AS deaths,
    any_value(number) FILTER (field = 'recovered') AS recovered,
    any_value(number) FILTER (field = 'tests') AS tests,
    any_value(status) FILTER (field = 'confirmed') AS confirmed_status,
    any_value(status) FILTER (field = 'deaths') AS deaths_status,
    any_value(status) FILTER (field = 'recovered') AS recovered_status,
    any_value(status) FILTER (field = 'tests') AS tests_status,
    any_value(cell_source) FILTER (field = 'confirmed') AS confirmed_source,
    any_value(cell_source) FILTER (field = 'deaths') AS deaths_source,
    any_value(cell_source) FILTER (field = 'recovered') AS recovered_source,
    any_value(cell_source) FILTER (field = 'tests') AS tests_source,
FROM all_cells
GROUP BY source, region, date;

-- Changes since the same row's yesterday and since a week before: calendar days, both ends from one source.
CREATE OR REPLACE TEMP TABLE changes AS
SELECT
    today.*,
    CASE WHEN today.confirmed_source = yesterday.confirmed_source
        THEN today.confirmed - yesterday.confirmed END AS new_confirmed,
    CASE WHEN today.deaths_source = yesterday.deaths_source
        THEN today.deaths - yesterday.deaths END AS new_deaths,
    CASE WHEN today.recovered_source = yesterday.recovered_source
        THEN today.recovered - yesterday.recovered END AS new_recovered,
    CASE WHEN today.tests_source = yesterday.tests_source
        THEN today.tests - yesterday.tests END AS new_tests,
    CASE WHEN today.confirmed_source = week_ago.confirmed_source
        THEN today.confirmed - week_ago.confirmed END AS week_confirmed,
    CASE WHEN today.deaths_source = week_ago.deaths_source
        THEN today.deaths - week_ago.deaths END AS week_deaths,
    CASE WHEN today.recovered_source = week_ago.recovered_source
        THEN today.recovered - week_ago.recovered END AS week_recovered,
    CASE WHEN today.tests_source = week_ago.tests_source
        THEN today.tests - week_ago.tests END AS week_tests,
    CASE WHEN today.confirmed_source = week_ago.confirmed_source
        THEN week_ago.confirmed END AS confirmed_week_ago,
FROM counts AS today
LEFT JOIN counts AS yesterday
    ON yesterday.source = today.source AND yesterday.region = today.region
    AND yesterday.date = today.date - 1
LEFT JOIN counts AS week_ago
    ON week_ago.source = today.source AND week_ago.region = today.region
    AND week_ago.date = today.date - 7;

CREATE OR REPLACE TEMP TABLE measured AS
SELECT
    existing.source, existing.region, existing.date,
    confirmed, deaths, recovered, tests,
    confirmed_status, deaths_status, recovered_status, tests_status,
    confirmed_source, deaths_source, recovered_source, tests_source,
    new_confirmed, new_deaths, new_recovered, new_tests,
    week_confirmed / 7.0::DOUBLE AS avg7_confirmed,
    week_deaths / 7.0::DOUBLE AS avg7_deaths,
    week_recovered / 7.0::DOUBLE AS avg7_recovered,
    week_tests / 7.0::DOUBLE AS avg7_tests,
    CASE WHEN confirmed_source = deaths_source AND confirmed_source = recovered_source
        THEN confirmed - deaths - recovered END AS active,
    confirmed::DOUBLE * 100000 / population AS incidence,
    week_confirmed::DOUBLE * 100000 / population AS incidence_7d,
    CASE WHEN confirmed_source = deaths_source AND confirmed > 0
        THEN deaths::DOUBLE / confirmed END AS case_fatality_ratio,
    CASE WHEN confirmed_source = tests_source AND week_tests > 0
        THEN week_confirmed::DOUBLE / week_tests END AS positivity_7d,
    CASE WHEN confirmed_week_ago > 0 AND confirmed > confirmed_week_ago
        THEN 7 * ln(2) / ln(confirmed::DOUBLE / confirmed_week_ago) END AS doubling_time,
    existing.deleted
FROM existing
LEFT JOIN changes USING (source, region, date)
LEFT JOIN population USING (region);
