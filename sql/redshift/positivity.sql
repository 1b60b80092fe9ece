-- Tests that found a case: median and greatest 7-day positivity of each quarter.
SELECT
    region,
    CAST(DATE_TRUNC('quarter', date) AS DATE) AS quarter,
    COUNT(*) AS days,
    MEDIAN(positivity_7d) AS median_positivity,
    MAX(positivity_7d) AS greatest_positivity
FROM batch_metrics_live
WHERE source = 'phac' AND positivity_7d IS NOT NULL
GROUP BY 1, 2
ORDER BY region, quarter;
