# Databricks notebook source
# MAGIC %md
# MAGIC # COVID-19 in Canada, from the publishers' own files
# MAGIC The rows are computed by the same code as those of the tracker's stream (`covid_batch`, `covid_core`).
# MAGIC This notebook makes a table of the CSV file, asks it in SQL, and draws a region.

# COMMAND ----------

dbutils.widgets.text("source", "s3://BUCKET/covid/data", "Publishers' files")
dbutils.widgets.text("out", "s3://BUCKET/covid/out/databricks", "Outputs")
dbutils.widgets.text("schema", "covid_batch", "Schema of the table, or CATALOG.SCHEMA")
dbutils.widgets.text("countries", "CA", "Country codes, comma-separated, or all")
dbutils.widgets.text("region", "CA-ON", "The region that is drawn")

# COMMAND ----------

from covid_batch import local
from covid_core import regions

result = local.run(
    spark,
    dbutils.widgets.get("source").split(","),
    dbutils.widgets.get("out"),
    regions.countries(dbutils.widgets.get("countries")),
    print,
)
for refused in (*result.unusable, *result.refusals):
    print(f"refused: {refused}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## A table of the CSV file
# MAGIC A line a region and day: what each publisher said, side by side, what was chosen, and its metrics.

# COMMAND ----------

from covid_batch.table import ddl

schema = dbutils.widgets.get("schema")
spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
spark.sql(f"USE {schema}")
table = spark.read.schema(ddl()).option("header", True).csv(result.table)
# The catalog's own: a table over the file would need an external location of Unity Catalog. Whoever asks
# meanwhile reads the one of before, whose columns may have been others.
table.write.mode("overwrite").option("overwriteSchema", True).saveAsTable("batch_covid")

# COMMAND ----------

# MAGIC %md
# MAGIC ## The worst week of each region

# COMMAND ----------

# MAGIC %sql
# MAGIC SELECT region, date, avg7_confirmed, incidence_7d, case_fatality_ratio
# MAGIC FROM (
# MAGIC   SELECT *, row_number() OVER (PARTITION BY region ORDER BY incidence_7d DESC, date) AS place
# MAGIC   FROM batch_covid
# MAGIC   WHERE incidence_7d IS NOT NULL
# MAGIC )
# MAGIC WHERE place = 1
# MAGIC ORDER BY incidence_7d DESC

# COMMAND ----------

# MAGIC %md
# MAGIC ## Months of one region

# COMMAND ----------

months = spark.sql(
    """
    SELECT date_format(date, 'yyyy-MM') AS month, sum(new_confirmed) AS cases, sum(new_deaths) AS deaths,
           max(merged_confirmed) AS cases_so_far
    FROM batch_covid
    WHERE region = :region
    GROUP BY date_format(date, 'yyyy-MM')
    ORDER BY month
    """,
    args={"region": dbutils.widgets.get("region")},
)
display(months)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The region, drawn

# COMMAND ----------

from pyspark.sql import functions as f

from covid_charts.chart import Format, figure
from covid_core.records import MERGED
from covid_core.rows import Row

chosen = spark.read.parquet(result.rows).where(
    (f.col("region") == dbutils.widgets.get("region")) & (f.col("source") == MERGED) & ~f.col("deleted")
)
rows = [Row(**one.asDict()) for one in chosen.collect()]
if rows:
    image = figure(rows, "new_confirmed", Format.SVG).decode()
    displayHTML(image[image.index("<svg") :])
else:
    displayHTML(f"<p>Nothing is known of {dbutils.widgets.get('region')}.</p>")

# COMMAND ----------

import json
from dataclasses import asdict

dbutils.notebook.exit(json.dumps(asdict(result)))
