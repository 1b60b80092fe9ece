"""What spark-submit starts: the job out of the package, `spark-submit job.py cluster IN… --out OUT`."""

import runpy

runpy.run_module("covid_batch", run_name="__main__", alter_sys=True)
