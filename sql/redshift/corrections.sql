-- The greatest corrections: days on which a cumulative count of cases went down, the three worst of each region.
SELECT
    region,
    source,
    date,
    confirmed,
    new_confirmed,
    ROW_NUMBER() OVER (PARTITION BY region ORDER BY new_confirmed, source, date) AS place
FROM batch_metrics_live
WHERE source <> 'merged' AND new_confirmed < 0
QUALIFY ROW_NUMBER() OVER (PARTITION BY region ORDER BY new_confirmed, source, date) <= 3
ORDER BY region, place;
