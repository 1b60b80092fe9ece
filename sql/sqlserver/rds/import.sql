-- The tables from S3 on RDS itself, without a client in between: after schema.sql, in the database `covid`, as the
-- administrator. Replace BUCKET. The template's role allows the download; a task's progress: rds_fn_task_status.

EXEC msdb.dbo.rds_download_from_s3
    @s3_arn_of_file = N'arn:aws:s3:::BUCKET/batch/sqlserver/batch_regions.csv',
    @rds_file_path = N'D:\S3\covid\batch_regions.csv',
    @overwrite_file = 1;
EXEC msdb.dbo.rds_download_from_s3
    @s3_arn_of_file = N'arn:aws:s3:::BUCKET/batch/sqlserver/batch_metrics.csv',
    @rds_file_path = N'D:\S3\covid\batch_metrics.csv',
    @overwrite_file = 1;
GO

-- Wait here until both tasks are SUCCESS:
SELECT task_id, task_type, lifecycle, task_info FROM msdb.dbo.rds_fn_task_status(NULL, 0);
GO

SET XACT_ABORT ON;  -- else a failed BULK INSERT would end alone, and the emptied tables be committed
BEGIN TRANSACTION;
DELETE FROM batch_metrics;
DELETE FROM batch_regions;
BULK INSERT batch_regions FROM 'D:\S3\covid\batch_regions.csv'
    WITH (FORMAT = 'CSV', FIRSTROW = 2, CODEPAGE = '65001', ROWTERMINATOR = '0x0a', KEEPNULLS, CHECK_CONSTRAINTS,
          MAXERRORS = 0);
BULK INSERT batch_metrics FROM 'D:\S3\covid\batch_metrics.csv'
    WITH (FORMAT = 'CSV', FIRSTROW = 2, CODEPAGE = '65001', ROWTERMINATOR = '0x0a', KEEPNULLS, CHECK_CONSTRAINTS,
          MAXERRORS = 0);
COMMIT;
GO
