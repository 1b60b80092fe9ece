-- Projection: columns chosen, renamed and computed, for every province on one day.
SELECT
    m.[region] AS [code],
    UPPER(r.[name]) AS [province],
    m.[confirmed] - m.[deaths] AS [survived_or_ill],
    CAST(m.[deaths] AS double precision) * 100 / NULLIF(m.[confirmed], 0) AS [deaths_per_100_cases],
    CASE WHEN m.[new_confirmed] > 0 THEN N'rising' WHEN m.[new_confirmed] < 0 THEN N'corrected' ELSE N'still' END
        AS [day]
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.[code] = m.[region]
WHERE m.[source] = N'jhu' AND m.[date] = '2021-12-31' AND r.[country] = N'CA' AND r.[kind] = N'province'
ORDER BY [code];
