-- The table: every region's newest day with all that the dashboard's columns show.
WITH newest AS (
    SELECT region, MAX(`date`) AS day
    FROM batch_metrics_live
    WHERE source = 'merged' AND confirmed IS NOT NULL
    GROUP BY region
)
SELECT
    r.name,
    m.region,
    m.`date`,
    m.confirmed,
    m.deaths,
    m.new_confirmed,
    m.avg7_confirmed,
    m.incidence,
    m.incidence_7d,
    m.case_fatality_ratio,
    m.doubling_time
FROM newest
JOIN batch_metrics_live AS m
    ON m.source = 'merged' AND m.region = newest.region AND m.`date` = newest.day
JOIN batch_regions AS r ON r.code = m.region
ORDER BY m.region;
