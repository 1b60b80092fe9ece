-- Sorting in pages: the second page of five provinces by their newest count of deaths at JHU.
SELECT m.[region], r.[name], m.[date], m.[deaths]
FROM batch_latest AS m
JOIN batch_regions AS r ON r.[code] = m.[region]
WHERE m.[source] = N'jhu' AND r.[country] = N'CA' AND r.[kind] = N'province'
ORDER BY m.[deaths] DESC, m.[region]
OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY;
