-- Aggregation in two levels: deaths by year and by kind of region, with the sum of each year and of all (ROLLUP).
SELECT
    YEAR(m.[date]) AS [year],
    r.[kind],
    SUM(m.[new_deaths]) AS [deaths]
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.[code] = m.[region]
WHERE m.[source] = N'jhu' AND m.[region] LIKE N'CA-%'
GROUP BY ROLLUP (YEAR(m.[date]), r.[kind])
ORDER BY [year], r.[kind];
