-- The longest unbroken rise of the 7-day average of cases in each region (gaps and islands).
WITH daily AS (
    SELECT
        region,
        date,
        avg7_confirmed,
        LAG(avg7_confirmed) OVER (PARTITION BY region ORDER BY date) AS before
    FROM batch_metrics_live
    WHERE source = 'jhu' AND avg7_confirmed IS NOT NULL
),
rising AS (
    SELECT
        region,
        date,
        avg7_confirmed,
        DATEADD(
            day, CAST(-1 * ROW_NUMBER() OVER (PARTITION BY region ORDER BY date) AS INTEGER), date
        ) AS island
    FROM daily
    WHERE avg7_confirmed > before
),
runs AS (
    SELECT
        region,
        MIN(date) AS first_day,
        MAX(date) AS last_day,
        COUNT(*) AS days,
        MIN(avg7_confirmed) AS first_average,
        MAX(avg7_confirmed) AS last_average
    FROM rising
    GROUP BY region, island
)
SELECT region, first_day, last_day, days, first_average, last_average
FROM runs AS r
QUALIFY ROW_NUMBER() OVER (PARTITION BY region ORDER BY days DESC, first_day) = 1
ORDER BY days DESC, region;
