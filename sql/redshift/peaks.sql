-- The height of the worst wave: for each region the day with the most new cases, averaged over 7 days.
SELECT
    m.region,
    r.name,
    m.date,
    m.avg7_confirmed,
    m.avg7_confirmed * 100000 / r.population AS avg7_per_100000
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.code = m.region
WHERE m.source = 'merged' AND m.avg7_confirmed IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY m.region ORDER BY m.avg7_confirmed DESC, m.date) = 1
ORDER BY m.region;
