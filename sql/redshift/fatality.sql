-- How deadly each half-year was: deaths of a half-year per 1,000 new cases of it, provinces and Canada.
WITH halves AS (
    SELECT
        region,
        EXTRACT(YEAR FROM date) AS year,
        CASE WHEN EXTRACT(MONTH FROM date) <= 6 THEN 1 ELSE 2 END AS half,
        new_confirmed,
        new_deaths
    FROM batch_metrics_live
    WHERE source = 'jhu'
)
SELECT
    region,
    year,
    half,
    SUM(new_confirmed) AS cases,
    SUM(new_deaths) AS deaths,
    CAST(SUM(new_deaths) AS DOUBLE PRECISION) * 1000 / NULLIF(SUM(new_confirmed), 0) AS deaths_per_1000_cases
FROM halves
GROUP BY region, year, half
ORDER BY region, year, half;
