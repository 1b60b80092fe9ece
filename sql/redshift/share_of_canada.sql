-- Each province's share of Canada's new cases by month, beside its share of the population.
WITH monthly AS (
    SELECT
        CAST(DATE_TRUNC('month', date) AS DATE) AS month,
        region,
        SUM(new_confirmed) AS cases
    FROM batch_metrics_live
    WHERE source = 'jhu' AND (region = 'CA' OR region LIKE 'CA-%')
    GROUP BY 1, 2
)
SELECT
    province.month,
    province.region,
    province.cases,
    CAST(province.cases AS DOUBLE PRECISION) / NULLIF(canada.cases, 0) AS share_of_cases,
    CAST(r.population AS DOUBLE PRECISION) / whole.population AS share_of_population
FROM monthly AS province
JOIN monthly AS canada ON canada.region = 'CA' AND canada.month = province.month
JOIN batch_regions AS r ON r.code = province.region AND r.kind = 'province'
JOIN batch_regions AS whole ON whole.code = 'CA'
ORDER BY province.month, province.region;
