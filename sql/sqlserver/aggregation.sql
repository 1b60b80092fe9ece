-- Aggregation: days, cases, deaths and the worst day of each province in 2021, where more than 100 people died.
SELECT
    m.[region],
    COUNT(*) AS [days],
    SUM(m.[new_confirmed]) AS [cases],
    SUM(m.[new_deaths]) AS [deaths],
    MAX(m.[new_confirmed]) AS [worst_day],
    AVG(m.[avg7_confirmed]) AS [mean_of_averages]
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.[code] = m.[region] AND r.[country] = N'CA' AND r.[kind] = N'province'
WHERE m.[source] = N'jhu' AND YEAR(m.[date]) = 2021
GROUP BY m.[region]
HAVING SUM(m.[new_deaths]) > 100
ORDER BY m.[region];
