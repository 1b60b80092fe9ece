-- PIVOT: new cases of each quarter, the four largest provinces as columns.
SELECT [year], [quarter], [CA-ON], [CA-QC], [CA-BC], [CA-AB]
FROM (
    SELECT
        YEAR([date]) AS [year],
        DATEPART(quarter, [date]) AS [quarter],
        [region],
        [new_confirmed]
    FROM batch_metrics_live
    WHERE [source] = N'jhu'
) AS daily
PIVOT (SUM([new_confirmed]) FOR [region] IN ([CA-ON], [CA-QC], [CA-BC], [CA-AB])) AS quarterly
ORDER BY [year], [quarter];
