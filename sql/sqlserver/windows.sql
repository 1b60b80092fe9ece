-- Windows: Ontario's days at the turn of 2021: the change since the day before, the sum of 14 days, the rank of the day
-- among the year's.
WITH days AS (
    SELECT
        [date],
        [new_confirmed],
        [new_confirmed] - LAG([new_confirmed]) OVER (ORDER BY [date]) AS [more_than_yesterday],
        SUM([new_confirmed]) OVER (ORDER BY [date] ROWS BETWEEN 13 PRECEDING AND CURRENT ROW) AS [cases_14d],
        RANK() OVER (PARTITION BY YEAR([date]) ORDER BY [new_confirmed] DESC) AS [rank_in_year]
    FROM batch_metrics_live
    WHERE [source] = N'jhu' AND [region] = N'CA-ON'
)
SELECT [date], [new_confirmed], [more_than_yesterday], [cases_14d], [rank_in_year]
FROM days
WHERE [date] BETWEEN '2021-12-25' AND '2022-01-05'
ORDER BY [date];
