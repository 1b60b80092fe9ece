-- The rhythm of reporting: each weekday's share of a year's new cases (0 is Sunday; an even week gives 1/7).
WITH daily AS (
    SELECT
        region,
        EXTRACT(YEAR FROM date) AS year,
        EXTRACT(DOW FROM date) AS weekday,
        new_confirmed
    FROM batch_metrics_live
    WHERE source = 'jhu' AND new_confirmed IS NOT NULL
),
summed AS (
    SELECT region, year, weekday, SUM(new_confirmed) AS cases
    FROM daily
    GROUP BY region, year, weekday
)
SELECT
    region,
    year,
    weekday,
    cases,
    CAST(cases AS DOUBLE PRECISION) / NULLIF(SUM(cases) OVER (PARTITION BY region, year), 0) AS share
FROM summed
ORDER BY region, year, weekday;
