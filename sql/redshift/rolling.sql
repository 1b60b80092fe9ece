-- New cases of the last 14 and 28 days, beside the 7-day average, on the first of each month.
WITH daily AS (
    SELECT
        region,
        date,
        avg7_confirmed,
        SUM(new_confirmed) OVER (
            PARTITION BY region ORDER BY date ROWS BETWEEN 13 PRECEDING AND CURRENT ROW
        ) AS cases_14d,
        SUM(new_confirmed) OVER (
            PARTITION BY region ORDER BY date ROWS BETWEEN 27 PRECEDING AND CURRENT ROW
        ) AS cases_28d
    FROM batch_metrics_live
    WHERE source = 'jhu'
)
SELECT region, date, avg7_confirmed, cases_14d, cases_28d
FROM daily
WHERE EXTRACT(DAY FROM date) = 1
ORDER BY region, date;
