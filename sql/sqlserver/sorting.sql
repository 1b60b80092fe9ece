-- Sorting: the ten regions and days with the highest 7-day incidence, the highest first.
SELECT TOP (10) m.[region], m.[date], m.[incidence_7d], m.[new_confirmed]
FROM batch_metrics_live AS m
WHERE m.[source] = N'merged' AND m.[incidence_7d] IS NOT NULL
ORDER BY m.[incidence_7d] DESC, m.[region], m.[date];
