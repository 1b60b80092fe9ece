"""Run by Python itself at the start of each interpreter that has this folder on its path (module `site`).

Spark starts one worker more than those of `covid_stream.daemon`: the driver's own, which prepares a query's
state. Its module cannot be named, it takes pyspark from the archive too, which costs it a second of
processor, and it has 10 s to answer, or the query fails: too little on a machine with much else to do.
"""

import sys

from covid_stream.daemon import prefer_installed

prefer_installed(sys.path, sys.path_importer_cache)
