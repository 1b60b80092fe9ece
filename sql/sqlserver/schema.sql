-- The tables of the batch jobs, made anew by every import, in the transaction of the import.
-- Columns of batch_metrics: those of every store (covid_core.rows) but what speaks of the log.

DROP VIEW IF EXISTS batch_latest;
GO
DROP VIEW IF EXISTS batch_metrics_live;
GO
DROP TABLE IF EXISTS batch_metrics;
GO
DROP TABLE IF EXISTS batch_regions;
GO

-- Codes are compared by code point: by default 'ca' would be 'CA'.
CREATE TABLE batch_regions (
    [code] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [kind] nvarchar(200) NOT NULL,
    [country] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [name] nvarchar(200) NOT NULL,
    [name_fr] nvarchar(200) NULL,
    [population] bigint NULL,
    CONSTRAINT batch_regions_key PRIMARY KEY ([code])
);
GO

CREATE TABLE batch_metrics (
    [source] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [region] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [date] date NOT NULL,
    [confirmed] bigint NULL,
    [deaths] bigint NULL,
    [recovered] bigint NULL,
    [tests] bigint NULL,
    [confirmed_status] nvarchar(200) NULL,
    [deaths_status] nvarchar(200) NULL,
    [recovered_status] nvarchar(200) NULL,
    [tests_status] nvarchar(200) NULL,
    [confirmed_source] nvarchar(200) NULL,
    [deaths_source] nvarchar(200) NULL,
    [recovered_source] nvarchar(200) NULL,
    [tests_source] nvarchar(200) NULL,
    [new_confirmed] bigint NULL,
    [new_deaths] bigint NULL,
    [new_recovered] bigint NULL,
    [new_tests] bigint NULL,
    [avg7_confirmed] double precision NULL,
    [avg7_deaths] double precision NULL,
    [avg7_recovered] double precision NULL,
    [avg7_tests] double precision NULL,
    [active] bigint NULL,
    [incidence] double precision NULL,
    [incidence_7d] double precision NULL,
    [case_fatality_ratio] double precision NULL,
    [positivity_7d] double precision NULL,
    [doubling_time] double precision NULL,
    [deleted] bit NOT NULL,
    [rt] double precision NULL,
    [rt_lower] double precision NULL,
    [rt_upper] double precision NULL,
    [rt_note] nvarchar(200) NULL,
    CONSTRAINT batch_metrics_key PRIMARY KEY ([source], [region], [date]),
    CONSTRAINT batch_metrics_region FOREIGN KEY ([region]) REFERENCES batch_regions ([code])
);
GO

-- A day in all regions; the key above serves a region's days.
CREATE INDEX batch_metrics_day ON batch_metrics ([date], [region])
    INCLUDE ([confirmed], [deaths], [new_confirmed], [new_deaths], [deleted]);
GO

-- Without tombstones: rows that were deleted and hold nothing.
CREATE VIEW batch_metrics_live AS
SELECT
    [source], [region], [date], [confirmed], [deaths], [recovered], [tests], [confirmed_status],
    [deaths_status], [recovered_status], [tests_status], [confirmed_source], [deaths_source],
    [recovered_source], [tests_source], [new_confirmed], [new_deaths], [new_recovered], [new_tests],
    [avg7_confirmed], [avg7_deaths], [avg7_recovered], [avg7_tests], [active], [incidence],
    [incidence_7d], [case_fatality_ratio], [positivity_7d], [doubling_time], [rt],
    [rt_lower], [rt_upper], [rt_note]
FROM batch_metrics
WHERE [deleted] = 0;
GO

-- The newest row of each source and region.
CREATE VIEW batch_latest AS
SELECT m.*
FROM batch_metrics_live AS m
JOIN (
    SELECT [source], [region], MAX([date]) AS [date]
    FROM batch_metrics_live
    GROUP BY [source], [region]
) AS newest
    ON newest.[source] = m.[source] AND newest.[region] = m.[region] AND newest.[date] = m.[date];
GO
