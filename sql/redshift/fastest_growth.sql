-- The fastest growth after the first 1,000 cases: each region's shortest doubling time, and when.
SELECT
    region,
    date,
    confirmed,
    doubling_time
FROM batch_metrics_live
WHERE source = 'merged' AND confirmed >= 1000 AND doubling_time IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY region ORDER BY doubling_time, date) = 1
ORDER BY doubling_time, region;
