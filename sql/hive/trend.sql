-- The trend: new cases and deaths of Canada by day, and their averages of 7 days.
SELECT
    `date`,
    new_confirmed,
    avg7_confirmed,
    new_deaths,
    avg7_deaths
FROM batch_metrics_live
WHERE source = 'merged' AND region = 'CA'
ORDER BY `date`;
