-- Every region's days as chosen from the publishers, for tools that read Parquet: what `unload` writes by default.
SELECT
    m.region,
    r.name,
    m.date,
    m.confirmed,
    m.deaths,
    m.recovered,
    m.tests,
    m.new_confirmed,
    m.new_deaths,
    m.avg7_confirmed,
    m.avg7_deaths,
    m.incidence_7d,
    m.case_fatality_ratio,
    m.positivity_7d
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.code = m.region
WHERE m.source = 'merged'
ORDER BY m.region, m.date;
