-- Filtering: what publishers took back from three provinces (cases went down by more than 100), and the first weeks in
-- which PHAC gave deaths but no cases any more; IN, <>, AND, OR, IS NULL and EXISTS.
SELECT m.[source], m.[region], m.[date], m.[confirmed], m.[new_confirmed], m.[deaths], m.[confirmed_status]
FROM batch_metrics_live AS m
WHERE
    m.[source] <> N'merged'
    AND m.[region] IN (N'CA-MB', N'CA-ON', N'CA-QC')
    AND (
        m.[new_confirmed] < -100
        OR (m.[confirmed] IS NULL AND m.[deaths] IS NOT NULL AND m.[date] BETWEEN '2024-06-01' AND '2024-06-10')
    )
    AND EXISTS (
        SELECT 1 FROM batch_regions AS r WHERE r.[code] = m.[region] AND r.[population] IS NOT NULL
    )
ORDER BY m.[source], m.[region], m.[date];
