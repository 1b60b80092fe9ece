-- What the filters offer: every source and region with rows, and the days between which they lie.
SELECT
    m.source,
    m.region,
    r.name,
    COUNT(*) AS days,
    MIN(m.`date`) AS first_day,
    MAX(m.`date`) AS last_day
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.code = m.region
GROUP BY m.source, m.region, r.name
ORDER BY m.source, m.region;
