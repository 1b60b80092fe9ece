-- The figures on top of the dashboard: Canada's newest day, and the change since a week before.
WITH newest AS (
    SELECT MAX(`date`) AS day
    FROM batch_metrics_live
    WHERE source = 'merged' AND region = 'CA' AND confirmed IS NOT NULL
)
SELECT
    now.`date`,
    now.confirmed,
    now.deaths,
    now.avg7_confirmed,
    now.incidence_7d,
    now.confirmed - before.confirmed AS confirmed_in_7_days,
    now.deaths - before.deaths AS deaths_in_7_days,
    now.avg7_confirmed - before.avg7_confirmed AS change_of_avg7
FROM newest
JOIN batch_metrics_live AS now
    ON now.source = 'merged' AND now.region = 'CA' AND now.`date` = newest.day
LEFT JOIN batch_metrics_live AS before
    ON before.source = 'merged' AND before.region = 'CA' AND DATEDIFF(newest.day, before.`date`) = 7
ORDER BY now.`date`;
