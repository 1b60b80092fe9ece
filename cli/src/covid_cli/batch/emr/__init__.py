"""EMR on this machine: S3, HDFS and a Spark cluster, on which the scripts of cloud/emr run as they are."""
