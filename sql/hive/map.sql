-- The map's tiles: each province and territory on its newest day, with the cases of 7 days per 100,000.
WITH ranked AS (
    SELECT
        region,
        `date`,
        confirmed,
        incidence_7d,
        ROW_NUMBER() OVER (PARTITION BY region ORDER BY `date` DESC) AS age
    FROM batch_metrics_live
    WHERE source = 'merged' AND confirmed IS NOT NULL
)
SELECT
    r.code,
    r.name,
    ranked.`date`,
    ranked.confirmed,
    ranked.incidence_7d
FROM ranked
JOIN batch_regions AS r ON r.code = ranked.region
WHERE ranked.age = 1 AND r.kind = 'province'
ORDER BY r.code;
