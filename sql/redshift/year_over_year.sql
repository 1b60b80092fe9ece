-- Each month's new cases and deaths against the same month of the year before.
WITH monthly AS (
    SELECT
        region,
        CAST(DATE_TRUNC('month', date) AS DATE) AS month,
        SUM(new_confirmed) AS cases,
        SUM(new_deaths) AS deaths
    FROM batch_metrics_live
    WHERE source = 'jhu'
    GROUP BY 1, 2
)
SELECT
    this.region,
    this.month,
    this.cases,
    before.cases AS cases_a_year_before,
    CAST(this.cases AS DOUBLE PRECISION) / NULLIF(before.cases, 0) - 1 AS change_of_cases,
    this.deaths,
    before.deaths AS deaths_a_year_before,
    CAST(this.deaths AS DOUBLE PRECISION) / NULLIF(before.deaths, 0) - 1 AS change_of_deaths
FROM monthly AS this
JOIN monthly AS before ON before.region = this.region AND before.month = DATEADD(month, -12, this.month)
ORDER BY this.region, this.month;
