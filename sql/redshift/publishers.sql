-- Where PHAC and Johns Hopkins disagree: days on which both gave cases, equal days, mean and greatest gap.
WITH both_said AS (
    SELECT
        phac.region,
        phac.date,
        jhu.confirmed - phac.confirmed AS gap
    FROM batch_metrics_live AS phac
    JOIN batch_metrics_live AS jhu
        ON jhu.source = 'jhu' AND jhu.region = phac.region AND jhu.date = phac.date
    WHERE phac.source = 'phac' AND phac.confirmed IS NOT NULL AND jhu.confirmed IS NOT NULL
)
SELECT
    region,
    COUNT(*) AS days,
    SUM(CASE WHEN gap = 0 THEN 1 ELSE 0 END) AS equal_days,
    AVG(CAST(gap AS DOUBLE PRECISION)) AS mean_gap,
    MIN(gap) AS least_gap,
    MAX(gap) AS greatest_gap
FROM both_said
GROUP BY region
ORDER BY region;
