-- How many days deaths follow cases: Pearson's correlation of the 7-day averages in the year before Omicron, by lag.
-- Written out, since Redshift has no CORR.
WITH lags AS (
    SELECT 0 AS lag_days
    UNION ALL SELECT 7
    UNION ALL SELECT 14
    UNION ALL SELECT 21
    UNION ALL SELECT 28
    UNION ALL SELECT 35
),
series AS (
    SELECT
        region,
        date,
        DATEDIFF(day, '2020-01-01', date) AS day_number,
        avg7_confirmed,
        avg7_deaths
    FROM batch_metrics_live
    WHERE source = 'jhu' AND region IN ('CA', 'CA-AB', 'CA-BC', 'CA-ON', 'CA-QC')
),
pairs AS (
    SELECT
        cases.region,
        lags.lag_days,
        cases.avg7_confirmed AS x,
        deaths.avg7_deaths AS y
    FROM series AS cases
    CROSS JOIN lags
    JOIN series AS deaths
        ON deaths.region = cases.region AND deaths.day_number = cases.day_number + lags.lag_days
    WHERE
        cases.date BETWEEN '2020-09-01' AND '2021-08-31'
        AND cases.avg7_confirmed IS NOT NULL
        AND deaths.avg7_deaths IS NOT NULL
)
SELECT
    region,
    lag_days,
    COUNT(*) AS days,
    (COUNT(*) * SUM(x * y) - SUM(x) * SUM(y))
    / NULLIF(SQRT(
        (COUNT(*) * SUM(x * x) - SUM(x) * SUM(x)) * (COUNT(*) * SUM(y * y) - SUM(y) * SUM(y))
    ), 0) AS correlation
FROM pairs
GROUP BY region, lag_days
ORDER BY region, lag_days;
