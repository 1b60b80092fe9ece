-- Joins: what both publishers said of each province on one day, JHU's beside PHAC's, and the region's name; a left join
-- keeps regions of which JHU said nothing.
SELECT
    phac.[region],
    r.[name],
    phac.[confirmed] AS [phac_confirmed],
    jhu.[confirmed] AS [jhu_confirmed],
    jhu.[confirmed] - phac.[confirmed] AS [difference]
FROM batch_metrics_live AS phac
JOIN batch_regions AS r ON r.[code] = phac.[region]
LEFT JOIN batch_metrics_live AS jhu
    ON jhu.[source] = N'jhu' AND jhu.[region] = phac.[region] AND jhu.[date] = phac.[date]
WHERE phac.[source] = N'phac' AND phac.[date] = '2021-06-30'
ORDER BY phac.[region];
