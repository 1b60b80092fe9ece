-- Selection: the rows of one region, source and week.
SELECT [region], [date], [confirmed], [deaths], [recovered], [tests]
FROM batch_metrics_live
WHERE [source] = N'phac' AND [region] = N'CA-ON' AND [date] BETWEEN '2021-01-01' AND '2021-01-07'
ORDER BY [date];
