-- Provinces and territories ranked by cumulative incidence and by deaths per 100,000 at the end of each quarter.
SELECT
    m.date,
    m.region,
    m.incidence,
    RANK() OVER (PARTITION BY m.date ORDER BY m.incidence DESC) AS by_cases,
    CAST(m.deaths AS DOUBLE PRECISION) * 100000 / r.population AS deaths_per_100000,
    RANK() OVER (PARTITION BY m.date ORDER BY CAST(m.deaths AS DOUBLE PRECISION) * 100000 / r.population DESC) AS by_deaths
FROM batch_metrics_live AS m
JOIN batch_regions AS r ON r.code = m.region
WHERE
    m.source = 'jhu'
    AND r.country = 'CA'
    AND r.kind = 'province'
    AND m.date = LAST_DAY(m.date)
    AND EXTRACT(MONTH FROM m.date) IN (3, 6, 9, 12)
    AND m.incidence IS NOT NULL
    AND m.deaths IS NOT NULL
ORDER BY m.date, by_cases, m.region;
